internal import Glibc

/// Environment variables as flags: `VAE_DRAIN_DELAY=5` stands for `--drain-delay 5` unless that flag is given.
package enum EnvironmentFlags {
    /// Flags that take a value and may come from the environment.
    package static let names = [
        "host", "port", "tls-certificate", "tls-key", "io-threads", "max-connections",
        "models", "default-model", "precision", "workers", "poll-interval",
        "max-rows", "max-body", "max-pixels", "max-queue", "max-queue-time", "max-buffered", "request-timeout",
        "api-keys-file", "cors-origin", "log-level", "log-format", "access-log",
        "drain-delay", "drain-timeout",
    ]

    /// A bearer key. Not a flag: everyone on a machine sees the arguments of its processes.
    package static var apiKey: String? {
        let value = unsafe getenv("VAE_API_KEY").map { unsafe String(cString: $0) }
        return value?.isEmpty == true ? nil : value
    }

    /// `arguments` with what the environment adds, so that both are checked by the same parser.
    package static func merged(
        into arguments: [String],
        environment: (String) -> String? = { name in
            unsafe getenv(name).map { unsafe String(cString: $0) }
        }
    ) -> [String] {
        var result = arguments
        for name in names {
            let flag = "--\(name)"
            guard !arguments.contains(where: { $0 == flag || $0.hasPrefix(flag + "=") }) else { continue }
            let variable = "VAE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
            if let value = environment(variable), !value.isEmpty { result.append("\(flag)=\(value)") }
        }
        return result
    }
}
