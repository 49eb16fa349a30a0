import Destinations
import JSONText
import LoadPackages
import ProgramSupport

/// A plan as text for people, as JSON, and as a script in the destination's language.
struct PlanPrinter {
    let manifest: Manifest
    /// nil when the destination has the package already.
    let plan: LoadPlanText?
    let url: String

    func sql() -> String {
        guard let plan else { return "-- package \(manifest.loadID) was loaded before\n" }
        // As JSON, since a line end in the name of another package would end the comment.
        return "-- package \(manifest.loadID) of pipeline \(JSONValue.string(manifest.pipeline).serialized())\n"
            + plan.script
    }

    func text() -> String {
        var text = "package \(manifest.loadID) of pipeline \(manifest.pipeline) into \(url):\n"
        if plan == nil { text += "  nothing: it was loaded before\n" }
        for line in plan?.lines ?? [] { text += "  \(line)\n" }
        return Terminal.harmless(text)
    }

    func json() -> JSONValue {
        var line = LoadReport.line(manifest, plan == nil ? .present : .planned, destination: url)
        line["steps"] = .array(plan?.steps ?? [])
        return .object(line)
    }
}
