/// A file of the page at `/` and of the one at `/docs`. They are compiled in, lie in the binary as they are, and are not
/// read from it before somebody asks for one.
enum PageFile: String, CaseIterable {
    case index = "index.html"
    case docs = "docs.html"
    case style = "style.css"
    case docsStyle = "docs.css"
    case icon = "icon.svg"
    case main = "main.js"
    case service = "service.js"
    case model = "model.js"
    case picture = "picture.js"
    case pad = "pad.js"
    case panel = "panel.js"
    case encodePanel = "encode-panel.js"
    case latentPanel = "latent-panel.js"
    case samplePanel = "sample-panel.js"
    case pathPanel = "path-panel.js"
    case sheetPanel = "sheet-panel.js"
    case editPanel = "edit-panel.js"
    case docsScript = "docs.js"
    case yaml = "yaml.js"

    var bytes: [UInt8] {
        switch self {
        case .index: PackageResources.index_html
        case .docs: PackageResources.docs_html
        case .style: PackageResources.style_css
        case .docsStyle: PackageResources.docs_css
        case .icon: PackageResources.icon_svg
        case .main: PackageResources.main_js
        case .service: PackageResources.service_js
        case .model: PackageResources.model_js
        case .picture: PackageResources.picture_js
        case .pad: PackageResources.pad_js
        case .panel: PackageResources.panel_js
        case .encodePanel: PackageResources.encode_panel_js
        case .latentPanel: PackageResources.latent_panel_js
        case .samplePanel: PackageResources.sample_panel_js
        case .pathPanel: PackageResources.path_panel_js
        case .sheetPanel: PackageResources.sheet_panel_js
        case .editPanel: PackageResources.edit_panel_js
        case .docsScript: PackageResources.docs_js
        case .yaml: PackageResources.yaml_js
        }
    }

    var contentType: String {
        switch rawValue.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "text/javascript; charset=utf-8"
        }
    }

    /// A strong ETag, of the bytes alone: replicas of one release agree.
    var tag: String { Self.tags[self] ?? "" }

    /// Made when the first file is asked for.
    private static let tags = Dictionary(uniqueKeysWithValues: allCases.map { ($0, EntityTag.of($0.bytes)) })
}
