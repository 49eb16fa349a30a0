import DataContracts
import JSONText
import ProgramSupport
import SystemIO

/// Reads a schema document. JSON is read here; YAML is turned into JSON by dlt-schema, so that this program starts and
/// stays small without a YAML library.
enum SchemaFile {
    static func read(_ path: String) throws -> JSONValue {
        let bytes = try Files.readAll(path)
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let json = first == UInt8(ascii: "{") ? bytes : try convert(path)
        do throws(JSONSyntaxError) { return try JSONValue(parsing: json) } catch {
            if let messages = ModelDocument.singerMessages(in: bytes) { return messages }
            throw ProgramError(.data, "unable to read schema file \(path): \(error)")
        }
    }

    private static func convert(_ path: String) throws -> [UInt8] {
        let beside = Paths.join(Paths.parent(CommandLine.arguments.first ?? ""), "dlt-schema")
        let program = Files.exists(beside) ? beside : "dlt-schema"
        var child = try ChildProcess.spawn(argv: [program, "export", "--format", "json", "--partial", path])
        guard let pipe = child.standardOutput.take() else { return [] }
        let output = try Files.readAll(pipe)
        let status = try child.wait()
        guard status == .exited(0) else {
            throw ProgramError(
                .data, "unable to read schema file \(path): dlt-schema could not turn it into JSON",
                hint: "see its message above; a schema file in JSON needs no other program")
        }
        return output
    }
}
