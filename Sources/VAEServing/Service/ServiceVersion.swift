/// The version of the service, as `--version` and the protocols tell it.
package enum ServiceVersion {
    package static let text = "0.1.0"
}
