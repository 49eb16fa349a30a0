import Markup

/// Small drawings, made here so that none is fetched.
enum Icon {
    /// Each state has a shape of its own: a disc is well, a triangle wants a look, a square has stopped.
    static func shape(_ health: Health) -> HTML {
        let inside: HTML =
            switch health {
            case .done: "<circle cx=\"6\" cy=\"6\" r=\"4.5\"/>"
            case .failed: "<rect x=\"1.5\" y=\"1.5\" width=\"9\" height=\"9\" rx=\"1.5\"/>"
            case .interrupted: "<path d=\"M6 .8 11.2 6 6 11.2.8 6z\"/>"
            case .waiting: "<path d=\"M6 1.2 11.2 10.6H.8z\"/>"
            case .running: "<path d=\"M2.5 1.2 10.6 6l-8.1 4.8z\"/>"
            case .unknown: "<circle cx=\"6\" cy=\"6\" r=\"4\" class=\"hollow\"/>"
            case .new: "<circle cx=\"6\" cy=\"6\" r=\"4\" class=\"hollow\"/>"
            }
        return "<svg class=\"shape\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">\(inside)</svg>"
    }

    static let mark: HTML = """
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><rect x="2" y="4" width="20" height="4" rx="2"/>\
        <rect x="6" y="10" width="16" height="4" rx="2"/><rect x="10" y="16" width="12" height="4" rx="2"/></svg>
        """
}
