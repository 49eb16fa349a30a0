import Failures

/// Files by which a configuration is run: from a terminal, by make, systemd, cron and CI. Each is for a person to read and to own.
struct PipelineFiles {
    /// Of the pipeline; letters, digits, `_` and `-` only.
    let name: String
    /// The configuration's file, as it was named.
    let configuration: String
    let destination: String
    /// The variables that the configuration needs.
    let inputs: [String]

    /// Paths below the folder, and their texts.
    var all: [(path: String, text: String, isExecutable: Bool)] {
        [
            ("\(name).sh", script, true), ("Makefile", makefile, false), ("systemd/\(name).service", service, false),
            ("systemd/\(name).timer", timer, false), ("crontab", crontab, false), ("ci/\(name).yml", job, false),
            (".dlt/secrets.example.toml", secrets, false),
        ]
    }

    // MARK: Shell

    private var variable: String { name.uppercased().replacing("-", with: "_") + "_DESTINATION:-" }

    private var script: String {
        """
        #!/usr/bin/env bash
        # Reads \(Comments.line(configuration, length: 200)) and loads it; may be run again at any time, and goes on where it stopped.
        #
        #   ./\(name).sh            a run
        #   ./\(name).sh --check    only look at the configuration
        set -euo pipefail
        cd "$(dirname "${BASH_SOURCE[0]}")"
        export DLT_PIPELINE=\(name)
        configuration=\(ShellWord.quoted(configuration))
        # A variable of this name goes first: a URL with a password does not belong into a file.
        destination=${\(variable)}
        if [ -z "$destination" ]; then destination=\(ShellWord.quoted(destination)); fi

        if [ "${1:-}" = --check ]; then exec dlt-extract rest "$configuration" --check; fi
        dlt-extract rest "$configuration" | dlt-normalize | dlt-load "$destination"

        """
    }

    private var makefile: String {
        """
        # make        one run
        # make check  look at the configuration only
        .PHONY: run check
        run:
        \t./\(name).sh
        check:
        \t./\(name).sh --check

        """
    }

    // MARK: Schedules

    private var service: String {
        """
        # Copy to ~/.config/systemd/user, with the folder of \(name).sh in place of %h/\(name).
        # Secrets: systemctl --user edit \(name), [Service], Environment=NAME=value; or \(name)/.dlt/secrets.toml.
        [Unit]
        Description=dlt pipeline \(name)

        [Service]
        Type=oneshot
        WorkingDirectory=%h/\(name)
        ExecStart=%h/\(name)/\(name).sh

        """
    }

    private var timer: String {
        """
        # systemctl --user enable --now \(name).timer
        [Unit]
        Description=dlt pipeline \(name), each hour

        [Timer]
        OnCalendar=hourly
        RandomizedDelaySec=300
        Persistent=true

        [Install]
        WantedBy=timers.target

        """
    }

    private var crontab: String {
        """
        # A line for `crontab -e`, with the folder of \(name).sh in place of $HOME/\(name). cron mails what the run says.
        17 * * * * $HOME/\(name)/\(name).sh

        """
    }

    private var job: String {
        """
        # A job for GitHub Actions; copy it to .github/workflows.
        name: \(name)
        on:
          schedule: [{cron: "17 3 * * *"}]
          workflow_dispatch: {}
        concurrency: \(name)
        jobs:
          run:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              # Install the toolkit here, and keep DLT_DATA_DIR between runs.
              - run: ./\(name).sh
                env:
                  DLT_DATA_DIR: ${{ github.workspace }}/.dlt-data
        \(inputs.map { "          \($0): ${{ secrets.\($0) }}" }.joined(separator: "\n"))

        """
    }

    private var secrets: String {
        """
        # Copy to .dlt/secrets.toml, which belongs into .gitignore, and fill in.
        \(inputs.map { "\($0) = \"\"" }.joined(separator: "\n"))

        """
    }
}
