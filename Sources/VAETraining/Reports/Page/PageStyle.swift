/// The style sheet of the report: one accent a series, hairline grids, and the dark palette where the reader's system
/// is dark.
enum PageStyle {
    static let text = """
        :root { color-scheme: light dark; --page: #f9f9f7; --card: #fefefd; --edge: #e6e5df; --ink: #14140f;
          --soft: #55544f; --faint: #8b8983; --grid: #e8e7e1; --axis: #bdbcb4; --train: #2a78d6; --test: #d9591f;
          --idle: #c9c8c1; }
        @media (prefers-color-scheme: dark) { :root { --page: #0e0e0d; --card: #191918; --edge: #2e2e2b; --ink: #f4f3ee;
          --soft: #c3c2b7; --faint: #8f8d86; --grid: #2b2b29; --axis: #55544f; --train: #4a94ec; --test: #ee7a42;
          --idle: #45443f; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system,
          "Segoe UI", sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 36px 24px 64px; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 15px; margin: 0 0 2px; }
        .lead { color: var(--soft); margin: 0 0 24px; max-width: 80ch; }
        .state { border-left: 3px solid var(--test); padding: 6px 14px; margin: 0 0 24px; background: var(--card);
          overflow-wrap: anywhere; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
          margin: 0 0 24px; padding: 0; list-style: none; }
        .tiles li, section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px;
          padding: 14px 18px; min-width: 0; }
        .tiles span { display: block; color: var(--soft); font-size: 13px; }
        .tiles strong { display: block; font-size: 25px; line-height: 1.25; font-weight: 600; }
        .tiles small { color: var(--faint); font-size: 12px; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px;
          margin-bottom: 16px; }
        .top { align-items: start; } .top > div > section + section { margin-top: 16px; }
        .wide { margin-bottom: 16px; }
        .note { color: var(--soft); font-size: 13px; margin: 0 0 10px; }
        .legend { display: flex; gap: 16px; margin: 0 0 6px; padding: 0; list-style: none; color: var(--soft);
          font-size: 13px; }
        .legend li::before { content: ""; display: inline-block; width: 14px; height: 3px; border-radius: 2px;
          margin-right: 6px; vertical-align: middle; background: var(--swatch); }
        .legend .bar::before { width: 10px; height: 10px; }
        svg { display: block; width: 100%; height: auto; }
        svg text { font: 12px system-ui, sans-serif; fill: var(--faint); font-variant-numeric: tabular-nums; }
        .up { text-anchor: end; } .across { text-anchor: middle; }
        .grid { stroke: var(--grid); fill: none; } .axis { stroke: var(--axis); fill: none; }
        .mark { stroke: var(--faint); stroke-dasharray: 4 4; fill: none; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .line.train { stroke: var(--train); } .line.test { stroke: var(--test); }
        circle { stroke: var(--card); stroke-width: 1.5; }
        circle.train { fill: var(--train); } circle.test { fill: var(--test); }
        circle.hidden { opacity: 0; } circle.hidden:hover { opacity: 1; }
        rect.active { fill: var(--train); } rect.idle { fill: var(--idle); } rect:hover { opacity: .75; }
        img { display: block; width: 100%; max-width: 560px; height: auto; image-rendering: pixelated;
          border-radius: 4px; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--edge);
          vertical-align: top; overflow-wrap: anywhere; }
        thead th, .facts th { color: var(--soft); font-weight: 500; }
        tbody th { font-weight: 500; } .facts th { width: 30%; }
        .figures th:not(:first-child), .figures td { text-align: right; font-variant-numeric: tabular-nums; }
        tr:last-child > * { border-bottom: 0; }
        .scroll { overflow: auto; max-height: 480px; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: 13px/1.6 ui-monospace, "SF Mono",
          Menlo, Consolas, monospace; }
        summary { cursor: pointer; font-weight: 600; }
        footer { color: var(--faint); font-size: 12px; margin-top: 24px; }
        """
}
