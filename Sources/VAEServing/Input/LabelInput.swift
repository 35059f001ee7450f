internal import HTTPServer
internal import VAE

/// The classes that a request of a conditional model states, as `label`: in the query, or in a JSON body, where they win.
struct LabelInput {
    let ticket: Ticket
    let passage: Passage

    /// The classes of `count` rows, one for all or one for each; nil for other models. Throws where they are missing, or
    /// given to a model that has none.
    func labels(_ object: JSONValue?, count: Int) throws(RequestError) -> [UInt32]? {
        guard let classes = passage.labels?.x.classes else {
            try refuse(object)
            return nil
        }
        let options = RequestOptions(ticket: ticket, object: object)
        guard let labels = try options.integers("label", in: 0...(classes - 1), most: ticket.limits.rows) else {
            throw .invalidValue(
                "\(passage.loaded.name) is a conditional model: label is missing, its class 0…\(classes - 1), one for all "
                    + "or one for each")
        }
        guard labels.count == 1 || labels.count == count else {
            throw .invalidShape("label must be one for all or one for each of \(count); found \(labels.count)")
        }
        return labels.map { UInt32($0) }
    }

    /// The one class of all that a request is about, for the rows of x from `firstRow` on; nil for other models.
    func label(_ object: JSONValue?, firstRow: Int) throws(RequestError) -> [UInt32]? {
        guard let labels = try labels(object, count: 1) else { return nil }
        passage.labels?.x.set(labels, for: firstRow..<passage.x.count)
        return labels
    }

    private func refuse(_ object: JSONValue?) throws(RequestError) {
        var isGiven = ticket.request.hasQuery && ticket.request.query("label") != nil
        if let object, try ticket.json({ () throws(JSONError) in try object["label"] }) != nil { isGiven = true }
        guard !isGiven else {
            throw .invalidValue("\(passage.loaded.name) is not a conditional model; leave label out")
        }
    }
}
