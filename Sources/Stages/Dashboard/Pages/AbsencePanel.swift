import Failures
import Markup

/// Why a dataset is not shown.
enum AbsencePanel {
    static func html(_ absence: Datasets.Absence, retry: String) -> HTML {
        switch absence {
        case .noHome:
            Panel.empty("There is no dataset yet.", "The first load makes it.")
        case .busy:
            Panel.notice(
                .running, title: "The database is busy",
                "A load holds it, or the time of two seconds was over. <a href=\"\(retry)\">Try again</a>.")
        case .unreadable(let message, let hint):
            Panel.notice(.failed, title: "The dataset cannot be read", HTML(Sentence.of(message)), hint: hint)
        }
    }

    static func word(_ absence: Datasets.Absence) -> String {
        switch absence {
        case .noHome: "no dataset yet"
        case .busy: "busy"
        case .unreadable(let message, _): message
        }
    }
}
