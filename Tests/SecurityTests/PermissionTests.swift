import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// What we write is for its owner only, whatever the umask allows.
struct PermissionTests {
    @Test(arguments: ["000", "022", "077"])
    func `files are 0600 and folders 0700 whatever the umask`(umask: String) throws {
        let place = try Place()
        let server = try DemoSite.start()
        try place.folder.write(
            "api.yaml",
            """
            client:
              base_url: "\(server.url)"
              auth: {type: oauth2_refresh_token, access_token_url: "\(server.url)/oauth/token", client_id: \(DemoSite.clientID),
                client_secret: \(DemoSite.clientSecret), refresh_token: \(DemoSite.refreshToken)}
            resources: [{name: items, endpoint: {path: auth/oauth}}]
            """)
        let result = try place.shell(
            """
            umask \(umask)
            printf '{"a":1,"l":[1]}\\nno json\\n{"a":"x"}\\n' | dlt-normalize --table t --pipeline p --rejects rejects --events events \
              --buffer-max-items 1 | dlt-load sqlite:///x.db --keep-loaded 1
            echo '{"a":1}' | dlt-normalize --table t --pipeline p >/dev/null
            dlt-extract rest api.yaml | dlt-normalize --pipeline q | dlt-load sqlite:///y.db || exit
            dlt-schema export --pipeline p > schema.yaml; dlt-schema import --pipeline r schema.yaml
            dlt-state set --pipeline p sources.p.x 1 >/dev/null
            find data rejects events -printf '%m %y %p\\n' > modes
            """)
        #expect(result.stderr.contains("1 record into"), "\(result)")
        let modes = try place.folder.text("modes").split(separator: "\n")
        #expect(modes.contains { $0.contains("/credentials/") } && modes.contains { $0.hasSuffix("rejects") })
        #expect(modes.contains { $0.contains("/jobs/") } && modes.contains { $0.hasSuffix("/state.json") })
        for mode in modes { #expect(mode.hasPrefix("600 f ") || mode.hasPrefix("700 d "), "umask \(umask): \(mode)") }
    }

    @Test func `a package that is being written is nobody else's either`() throws {
        let place = try Place()
        let result = try place.shell(
            """
            umask 000
            mkfifo rows; dlt-normalize --table t --pipeline p --buffer-max-items 1 < rows >/dev/null & exec 7>rows
            for i in $(seq 50); do echo "{\\"a\\":$i}" >&7; done
            for i in $(seq 200); do ls data/spool/p/packages/.*.partial/jobs/* >/dev/null 2>&1 && break; sleep 0.02; done
            find data -printf '%m %y %p\\n'
            exec 7>&-; wait
            """)
        #expect(result.lines.contains { $0.contains(".partial/jobs/") || $0.contains(".partial") }, "\(result)")
        for line in result.lines { #expect(line.hasPrefix("600 f ") || line.hasPrefix("700 d "), "\(line)") }
    }

    /// A folder that somebody has opened to a group is a wish; what we put into it stays ours.
    @Test func `modes of folders that exist are kept`() throws {
        let place = try Place()
        let result = try place.shell(
            """
            umask 022; mkdir -p data/spool; chmod 2775 data data/spool
            echo '{"a":1}' | dlt-normalize --table t --pipeline p | dlt-load sqlite:///x.db
            stat -c %a data data/spool data/spool/p data/spool/p/state.json x.db
            """)
        // A folder below inherits the bit that passes the group on; SQLite makes its file as any program makes one.
        #expect(result.lines == ["2775", "2775", "2700", "600", "644"], "\(result)")
    }
}
