// Made by scripts/assets from the files in Assets; changes belong there.
// swift-format-ignore-file

enum EmbeddedAssets {

    static let style: StaticString = ###"""
        /* One accent, system fonts, two themes. Colour never says anything alone: shapes and words say it first. */
        :root {
          color-scheme: light dark;
          --paper: #faf9f6; --sheet: #ffffff; --wash: #f3f1eb; --line: #e6e2d9;
          --ink: #1e1d1a; --soft: #5f5b53; --faint: #777268;
          --accent: #0a6a6f; --accent-wash: #e2f0ef;
          --good: #27724a; --warn: #8d5600; --bad: #b0251d; --calm: #66625a;
          --warn-wash: #fbf3e2; --bad-wash: #fcecea; --info-wash: #e9f0f8; --info: #1d5c9f;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #151412; --sheet: #1c1b18; --wash: #242320; --line: #33312c;
            --ink: #ebe8e1; --soft: #aea99e; --faint: #918c81;
            --accent: #63c5c1; --accent-wash: #16302f;
            --good: #74c795; --warn: #e2ac55; --bad: #f28b82; --calm: #a09b90;
            --warn-wash: #2c2416; --bad-wash: #341d1b; --info-wash: #1a2635; --info: #8ab8ec;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-padding-top: 16px; }
        body {
          margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 var(--sans);
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
        }
        h1, h2, h3, p, ol, ul, dl, dd, figure { margin: 0; padding: 0; }
        ol, ul { list-style: none; }
        a { color: var(--accent); text-decoration: none; text-underline-offset: 3px; }
        a:hover { text-decoration: underline; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
        code, pre, kbd { font-family: var(--mono); font-size: .885em; }
        code { unicode-bidi: isolate; }
        .quiet { color: var(--soft); }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: 16px; top: -60px; padding: 8px 14px; background: var(--accent); color: var(--paper); border-radius: 8px; z-index: 9; }
        .skip:focus { top: 10px; }

        /* Frame */
        .top, main { max-width: 1128px; margin: 0 auto; padding-left: 24px; padding-right: 24px; }
        .top { display: flex; align-items: center; gap: 24px; padding-top: 18px; padding-bottom: 18px; }
        .home { display: inline-flex; align-items: center; gap: 10px; color: var(--ink); font-weight: 600; letter-spacing: -.01em; white-space: nowrap; }
        .home:hover { text-decoration: none; }
        .mark { width: 22px; height: 22px; fill: var(--accent); }
        .mark rect:nth-child(2) { opacity: .7; }
        .mark rect:nth-child(3) { opacity: .42; }
        .search { position: relative; margin-left: auto; width: min(340px, 100%); }
        .search input {
          width: 100%; font: inherit; font-size: 14px; color: var(--ink); background: var(--sheet); padding: 7px 40px 7px 14px;
          border: 1px solid var(--line); border-radius: 999px; appearance: none;
        }
        .search input::placeholder { color: var(--faint); opacity: 1; }
        .search input:focus { outline: none; border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-wash); }
        .search kbd { position: absolute; right: 12px; top: 50%; transform: translateY(-50%); }
        kbd { color: var(--soft); background: var(--wash); border: 1px solid var(--line); border-radius: 5px; padding: 0 5px; font-size: 11px; line-height: 17px; }
        main { padding-top: 20px; padding-bottom: 56px; min-height: 60vh; }
        .page { margin-bottom: 28px; }
        .trail ol { display: flex; flex-wrap: wrap; font-size: 13.5px; margin-bottom: 4px; }
        .trail li + li::before { content: "/"; color: var(--faint); padding: 0 8px; }
        .trail a { color: var(--soft); }
        .title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; }
        h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -.022em; }
        .lead { margin-top: 10px; color: var(--soft); max-width: 80ch; text-wrap: pretty; }
        .lead strong { color: var(--ink); font-weight: 600; }
        .tabs { margin-top: 22px; border-bottom: 1px solid var(--line); overflow-x: auto; scrollbar-width: none; }
        .tabs ul { display: flex; gap: 26px; }
        .tabs a { display: block; padding: 8px 0 9px; color: var(--soft); white-space: nowrap; border-bottom: 2px solid transparent; margin-bottom: -1px; }
        .tabs a:hover { color: var(--ink); text-decoration: none; }
        .tabs a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
        section { margin-top: 40px; }
        .section { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 8px 20px; margin-bottom: 14px; }
        h2 { font-size: 18px; font-weight: 620; letter-spacing: -.012em; }
        h3 { font-size: 15px; font-weight: 600; }
        .foot {
          display: flex; flex-wrap: wrap; justify-content: space-between; gap: 6px 24px; padding: 18px 0 32px;
          max-width: 1080px; width: calc(100% - 48px); margin: 0 auto;
          font-size: 13px; color: var(--faint); border-top: 1px solid var(--line);
        }
        .foot a { color: var(--soft); }
        .keys kbd:not(:first-child):not(kbd + kbd) { margin-left: 10px; }

        /* Status: a shape, then the word. */
        .health { display: inline-flex; align-items: center; gap: 7px; font-weight: 550; font-size: 14px; white-space: nowrap; color: var(--calm); }
        .shape { width: 10px; height: 10px; flex: none; fill: currentColor; overflow: visible; }
        .shape .hollow { fill: none; stroke: currentColor; stroke-width: 1.6; }
        .is-done { --tone: var(--good); } .is-failed { --tone: var(--bad); } .is-waiting, .is-interrupted { --tone: var(--warn); }
        .is-running { --tone: var(--info); } .is-new, .is-unknown { --tone: var(--calm); }
        .health[class*="is-"] { color: var(--tone); }
        .health.is-running .shape { animation: pulse 1.8s ease-in-out infinite; }
        @keyframes pulse { 50% { opacity: .35; } }
        .tag { display: inline-block; padding: 0 8px; border-radius: 999px; background: var(--wash); color: var(--soft); font-size: 12.5px; line-height: 21px; max-width: 100%; }

        .tag.is-news { background: var(--accent-wash); color: var(--accent); }
        .aside { font-size: 13.5px; color: var(--faint); }
        .aside::before { content: "· "; }

        /* Tables */
        .table { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; }
        caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        th, td { padding: 11px 14px; text-align: left; vertical-align: middle; unicode-bidi: isolate; }
        th:first-child, td:first-child { padding-left: 20px; }
        th:last-child, td:last-child { padding-right: 20px; }
        thead th { font-size: 12.5px; font-weight: 550; color: var(--soft); padding-top: 12px; padding-bottom: 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
        tbody th { font-weight: 550; }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        tbody tr:hover > * { background: color-mix(in srgb, var(--wash) 55%, transparent); }
        .number { text-align: right; white-space: nowrap; }
        .dense th, .dense td { padding-top: 5px; padding-bottom: 5px; }
        .place { display: block; font: 12.5px/1.4 var(--mono); color: var(--faint); font-weight: 400; margin-top: 2px; }
        td time, td a, tbody th a { white-space: nowrap; }
        .name { font-weight: 600; color: var(--ink); }
        .value { font-weight: 600; }
        td .chart { display: block; width: 150px; height: 24px; }
        [data-row].here > *, li[data-row].here { background: var(--accent-wash); }
        td .tag { margin: 1px 0; }

        /* Facts */
        .facts { display: flex; flex-wrap: wrap; gap: 18px 40px; }
        .facts dt { font-size: 12.5px; color: var(--soft); }
        .facts dd { font-size: 15px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 28px; margin-top: 14px; font-size: 13.5px; color: var(--soft); }
        .legend div { display: flex; gap: 8px; }
        .legend dt { font-weight: 600; color: var(--ink); }
        .mode { color: var(--soft); }
        .mode.is-strict { color: var(--accent); font-weight: 600; }

        /* Notices */
        .notice { background: var(--info-wash); border-radius: 12px; padding: 16px 20px; max-width: 900px; }
        .notice + .notice { margin-top: 12px; }
        .notice + .facts, .notice + .rows { margin-top: 28px; }
        .notice.is-failed { background: var(--bad-wash); }
        .notice.is-waiting, .notice.is-interrupted { background: var(--warn-wash); }
        .notice-title { display: flex; align-items: center; gap: 9px; font-weight: 620; color: var(--tone, var(--ink)); margin-bottom: 2px; }
        .hint { margin-top: 6px; color: var(--soft); }
        .command {
          display: flex; align-items: center; gap: 8px; margin-top: 12px; background: var(--sheet); border: 1px solid var(--line);
          border-radius: 9px; max-width: 900px;
        }
        .command code { flex: 1; min-width: 0; padding: 9px 14px; overflow-x: auto; white-space: pre; overflow-wrap: normal; scrollbar-width: thin; }
        .copy {
          flex: none; font: inherit; font-size: 13px; color: var(--accent); background: none; border: 0; border-left: 1px solid var(--line);
          padding: 9px 16px; cursor: pointer; border-radius: 0 9px 9px 0;
        }
        .copy:hover { background: var(--accent-wash); }
        .empty { padding: 40px 24px; text-align: center; border: 1px dashed var(--line); border-radius: 12px; color: var(--soft); }
        .empty-title { color: var(--ink); font-weight: 600; margin-bottom: 4px; }
        .empty .command { margin: 18px auto 0; max-width: 640px; text-align: left; }
        .chips { display: flex; flex-wrap: wrap; gap: 6px; }
        .chips a { display: block; padding: 2px 12px; border-radius: 999px; font-size: 13.5px; color: var(--soft); border: 1px solid var(--line); background: var(--sheet); }
        .chips a:hover { text-decoration: none; border-color: var(--accent); color: var(--ink); }
        .chips [aria-current] { background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 550; }
        .chips [aria-current]:hover { color: var(--paper); }
        main > .chips { margin-bottom: 20px; }

        /* Charts */
        .chart .bar { fill: var(--accent); opacity: .62; }
        .chart .bar.is-waiting { fill: var(--warn); opacity: .95; }
        .chart a:hover .bar, .chart .bar:hover { opacity: 1; }
        .rows { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 20px 20px 12px; }
        .rows .chart { display: block; width: 100%; height: 96px; }
        .rows figcaption + .chart { height: 48px; margin-top: 14px; }
        .chart .bar.is-failed, .chart .bar.is-interrupted { fill: var(--bad); opacity: .95; }
        .raw { white-space: pre-wrap; overflow-wrap: anywhere; }
        .rows figcaption { margin-top: 10px; padding-top: 8px; border-top: 1px solid var(--line); font-size: 13.5px; color: var(--soft); }

        .stages { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; margin-bottom: 16px; overflow-x: auto; }
        .stages svg { display: block; min-width: 620px; font: 13px var(--sans); }
        .stages .span { fill: var(--tone, var(--accent)); opacity: .78; }
        .stages .stage { font: 13px var(--mono); fill: var(--ink); }
        .stages .in { fill: var(--sheet); font-weight: 600; }
        .stages .beside { fill: var(--soft); }

        /* Timeline */
        .day { margin: 26px 0 8px; font-size: 13px; font-weight: 550; color: var(--soft); }
        .events { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; }
        .event { display: flex; gap: 18px; padding: 12px 20px; }
        .event + .event { border-top: 1px solid var(--line); }
        .event > time { flex: none; width: 68px; color: var(--soft); }
        .event > div { min-width: 0; }
        .event p { display: inline; }
        .event .health { min-width: 104px; }
        .event .tables { display: flex; flex-wrap: wrap; gap: 0 18px; font-size: 13.5px; color: var(--soft); }
        .event .tables code { color: var(--ink); }
        .event p.hint { display: block; font-size: 14px; margin-top: 2px; }
        .event .reason { display: block; margin-top: 4px; color: var(--tone); font-size: 14px; }
        .more { margin-top: 16px; }

        /* Runs by tables */
        .grid { position: relative; overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 10px 16px 12px 0; scrollbar-width: thin; }
        .grid table { width: auto; border-spacing: 2px; border-collapse: separate; }
        .grid th, .grid td, .grid tbody tr + tr > * { padding: 0; border: 0; }
        .grid th:first-child { position: sticky; left: 0; z-index: 1; background: var(--sheet); padding: 0 14px 0 20px; white-space: nowrap; font-size: 14px; line-height: 20px; }
        .grid thead th { width: 16px; min-width: 16px; height: 20px; text-align: center; vertical-align: middle; }
        .grid thead a { display: flex; justify-content: center; align-items: center; height: 20px; color: var(--tone); }
        .grid .shape { width: 8px; height: 8px; }
        .grid td, .key i { width: 16px; min-width: 16px; height: 20px; border-radius: 3px; }
        .grid tbody tr:hover > td { background: var(--fill); }
        .grid td, .key i { background: var(--fill); }
        .l0 { --fill: var(--wash); }
        .l1 { --fill: color-mix(in srgb, var(--accent) 22%, var(--sheet)); } .l2 { --fill: color-mix(in srgb, var(--accent) 40%, var(--sheet)); }
        .l3 { --fill: color-mix(in srgb, var(--accent) 58%, var(--sheet)); } .l4 { --fill: color-mix(in srgb, var(--accent) 78%, var(--sheet)); }
        .l5 { --fill: var(--accent); }
        .odd { box-shadow: inset 0 0 0 2px var(--warn); }
        .key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin-top: 10px; font-size: 13.5px; color: var(--soft); }
        .key .scale, .odd-key { display: inline-flex; align-items: center; gap: 2px; }
        .key i { display: inline-block; width: 14px; min-width: 14px; height: 14px; }
        .odd-key { gap: 6px; margin: 0 12px; }

        /* Schema */
        .diagram { overflow: auto; max-height: 640px; background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 24px; }
        .diagram svg { display: block; font: 12.5px var(--sans); }
        .diagram a:hover { text-decoration: none; }
        .box rect { fill: var(--paper); stroke: var(--line); stroke-width: 1.2; }
        .box:hover rect, a:focus-visible .box rect { stroke: var(--accent); }
        .box text { fill: var(--soft); }
        .box .table-name { font: 600 13px var(--mono); fill: var(--ink); }
        .box .column, .box .key { font: 12px var(--mono); fill: var(--ink); }
        .box .key { font-weight: 700; }
        .box .own { font: 12px var(--mono); fill: var(--faint); }
        .box .type { text-anchor: end; font-size: 11.5px; }
        .box .more { font-style: italic; font-size: 11.5px; }
        .edge { fill: none; stroke: var(--faint); stroke-width: 1.4; opacity: .75; }
        .reference { stroke: var(--accent); stroke-dasharray: 4 4; opacity: 1; }
        details { margin-top: 12px; }
        summary { cursor: pointer; padding: 6px 0; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; list-style: none; }
        summary::-webkit-details-marker { display: none; }
        summary::before { content: ""; flex: none; width: 6px; height: 6px; border: solid var(--faint); border-width: 0 1.6px 1.6px 0; transform: rotate(-45deg) translate(-2px, -1px); transition: transform .12s; }
        [open] > summary::before { transform: rotate(45deg) translate(-1px, -2px); }
        summary h3 { display: inline; }
        .entity:target > summary h3 code { background: var(--accent-wash); box-shadow: 0 0 0 4px var(--accent-wash); border-radius: 3px; }
        .depth-1 { margin-left: 24px; } .depth-2 { margin-left: 48px; } .depth-3 { margin-left: 72px; }
        .depth-4, .depth-5, .depth-6 { margin-left: 96px; }
        pre { margin: 8px 0 0; padding: 14px 18px; background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; overflow: auto; max-height: 420px; overflow-wrap: normal; line-height: 1.6; }

        /* Rows */
        .wide { overflow: auto; max-height: 78vh; scrollbar-width: thin; }
        .wide th, .wide td { padding: 6px 14px; white-space: nowrap; font-size: 13.5px; max-width: 420px; overflow: hidden; text-overflow: ellipsis; }
        .wide thead th { position: sticky; top: 0; background: var(--sheet); z-index: 1; }
        .wide thead a { color: var(--soft); }
        .wide [aria-sort] a { color: var(--accent); }
        .wide .count { margin-left: 6px; opacity: 0; }
        .wide th:hover .count, .wide .count:focus { opacity: 1; }
        .null { color: var(--faint); font-style: italic; }
        .facets { margin-bottom: 20px; padding: 14px 20px; background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; }
        .facets h2 { font-size: 14px; margin-bottom: 8px; }
        .facets ul { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: 14px; }
        .paging { display: flex; gap: 20px; }
        .sql textarea {
          width: 100%; font: 14px/1.6 var(--mono); color: var(--ink); background: var(--sheet); border: 1px solid var(--line); border-radius: 12px;
          padding: 14px 18px; resize: vertical;
        }
        .sql textarea:focus { outline: none; border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-wash); }
        .sql p { display: flex; align-items: center; gap: 10px; margin: 10px 0 24px; }
        button[type="submit"] { font: inherit; font-weight: 600; padding: 6px 18px; border-radius: 999px; border: 1px solid var(--accent); background: var(--accent); color: var(--paper); cursor: pointer; }
        button.second { background: none; color: var(--accent); }
        .sql { position: relative; }
        .offers { position: absolute; z-index: 1; min-width: 240px; margin-top: -1px; padding: 4px; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 6px 24px rgb(0 0 0 / 18%); }
        .offers li { padding: 3px 10px; border-radius: 5px; font: 13.5px/1.5 var(--mono); cursor: pointer; }
        .offers [aria-selected="true"] { background: var(--accent); color: var(--paper); }
        .names dl { max-height: 24em; overflow: auto; }
        .partial { padding: 10px 0; }
        .result { margin-bottom: 8px; }
        mark { background: var(--bad-wash); color: var(--bad); }
        .long summary { padding: 0; }

        /* Profile */
        .profile { margin: 0 0 20px; }
        .profile h2 { font-size: 15px; }
        .histogram { display: block; width: 128px; height: 24px; }
        .histogram rect { fill: var(--accent); opacity: .7; }
        .profile :is(td, th) { white-space: nowrap; }
        .frequent { display: flex; gap: 0 14px; font-size: 13.5px; }

        /* Rejects */
        .rejects { margin-top: 12px; }
        .rejects li { padding: 12px 0 16px; }
        .rejects li + li { border-top: 1px solid var(--line); }
        .rejects pre { max-height: 220px; }
        .rejects mark { padding: 1px 3px; border-radius: 3px; font-weight: 600; }

        /* History */
        .version { padding: 0 0 26px 26px; border-left: 1px solid var(--line); position: relative; margin-left: 5px; }
        .version:last-child { padding-bottom: 0; }
        .version::before { content: ""; position: absolute; left: -5px; top: 7px; width: 9px; height: 9px; border-radius: 50%; background: var(--accent); box-shadow: 0 0 0 4px var(--paper); }
        .version .quiet { font-size: 13.5px; }
        .changes { margin-top: 8px; }
        .change { padding: 2px 0 2px 24px; position: relative; }
        .change::before { position: absolute; left: 4px; font-family: var(--mono); font-weight: 700; }
        .change.is-added::before { content: "+"; color: var(--good); }
        .change.is-removed::before { content: "−"; color: var(--bad); }
        .change.is-changed::before { content: "~"; color: var(--warn); }
        section ul:not([class]) > li { padding: 3px 0; }

        @media (max-width: 760px) {
          .top, main { padding-left: 16px; padding-right: 16px; }
          .foot { width: calc(100% - 32px); }
          .top { gap: 14px; padding-top: 12px; padding-bottom: 12px; }
          .home span { display: none; }
          .search { width: 100%; }
          .search kbd, .keys { display: none; }
          h1 { font-size: 24px; }
          main { padding-top: 10px; }
          .tabs { margin-left: -16px; margin-right: -16px; padding: 0 16px; }
          .tabs ul { gap: 20px; }
          .table:not(.wide) { overflow: visible; }
          .table:not(.wide) :is(table, tbody, tr, th, td) { display: block; }
          .table:not(.wide) :is(td, th) a { white-space: normal; }
          .table:not(.wide) thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .table:not(.wide) tbody tr { padding: 12px 16px; }
          .table:not(.wide) tbody tr + tr { border-top: 1px solid var(--line); }
          .table:not(.wide) tbody tr + tr > * { border-top: 0; }
          .table:not(.wide) tbody tr > * { padding: 2px 0; }
          .table:not(.wide) td { display: flex; gap: 16px; justify-content: space-between; align-items: baseline; text-align: right; }
          .table:not(.wide) td::before { content: attr(data-title); color: var(--soft); font-size: 13px; flex: none; text-align: left; }
          .table:not(.wide) td.nothing { display: none; }
          .profile :is(td, th) { white-space: normal; }
          .frequent { flex-wrap: wrap; justify-content: flex-end; }
          td .chart { width: 130px; align-self: center; }
          .event { padding: 12px 16px; gap: 12px; }
          .event > time { width: 58px; font-size: 13.5px; }
          .event .health { min-width: 0; margin-right: 6px; }
          .depth-1, .depth-2, .depth-3, .depth-4, .depth-5, .depth-6 { margin-left: 12px; }
          .diagram { padding: 14px; }
          .notice { padding: 14px 16px; }
        }
        @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
        @media print { .top, .foot, .tabs, .copy { display: none; } body { background: #fff; } }
        """###

    static let script: StaticString = ###"""
        // Pages work without this: it copies commands, listens for keys, and asks again for a page that has changed.
        "use strict";
        (() => {
          const one = (selector, root = document) => root.querySelector(selector);
          const all = (selector, root = document) => [...root.querySelectorAll(selector)];

          // Copying

          async function copy(button) {
            const text = button.dataset.copy;
            try {
              await navigator.clipboard.writeText(text);
            } catch {
              // Without a secure context there is no clipboard: select, so that the usual key copies.
              const range = document.createRange();
              range.selectNodeContents(button.previousElementSibling);
              const selection = getSelection();
              selection.removeAllRanges();
              selection.addRange(range);
              if (!document.execCommand("copy")) return;
            }
            button.textContent = "Copied";
            setTimeout(() => { button.textContent = "Copy"; }, 1600);
          }

          document.addEventListener("click", (event) => {
            const button = event.target.closest(".copy");
            if (button) copy(button);
            // A drawing leads to a part of the page that may be folded.
            const link = event.target.closest("a[href^='#']");
            if (link) unfold(link.getAttribute("href"));
          });

          function unfold(hash) {
            const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
            if (target && target.tagName === "DETAILS") target.open = true;
          }

          function prepare() {
            for (const button of all(".copy")) button.hidden = false;
            // On a narrow screen the row of pages is longer than the screen.
            const tabs = one(".tabs");
            const here = one("[aria-current]", tabs ?? document);
            if (tabs && here && tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = here.offsetLeft - tabs.clientWidth / 2;
            for (const time of all("time[title]")) {
              const when = new Date(time.dateTime);
              if (!isNaN(when)) time.title = `${when.toLocaleString()} (${time.title})`;
            }
            complete();
          }

          // Keys

          let pending = "";
          let row = -1;

          function go(selector) {
            const link = one(selector);
            if (link) location.href = link.href;
          }

          function choose(step) {
            const rows = all("[data-row]");
            if (rows.length === 0) return;
            for (const other of rows) other.classList.remove("here");
            row = Math.max(0, Math.min(rows.length - 1, row + step));
            rows[row].classList.add("here");
            rows[row].scrollIntoView({ block: "nearest" });
            const link = one("a[href]", rows[row]);
            if (link) link.focus({ preventScroll: true });
          }

          document.addEventListener("keydown", (event) => {
            const field = event.target.closest("input, textarea, select");
            if (field) {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.form) field.form.requestSubmit();
              if (event.key === "Escape") field.blur();
              return;
            }
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            const key = event.key;
            if (pending === "g") {
              pending = "";
              if (key === "o") go(".home");
              else if (/^[a-z]$/.test(key)) go(`.tabs a[data-key="${key}"]`);
              return;
            }
            if (key === "g") {
              pending = "g";
              setTimeout(() => { pending = ""; }, 1200);
            } else if (key === "/") {
              const search = one("#q");
              if (search) { event.preventDefault(); search.focus(); search.select(); }
            } else if (key === "j") choose(1);
            else if (key === "k") choose(-1);
            else if (key === "y") {
              const button = one(".here .copy") || one(".copy");
              if (button) copy(button);
            }
          });

          // What has changed

          async function refresh() {
            let answer;
            try {
              answer = await fetch(location.href, { headers: { Accept: "text/html" } });
            } catch { return; }
            if (!answer.ok) return;
            show(await answer.text());
          }

          function show(text) {
            const page = new DOMParser().parseFromString(text, "text/html");
            const fresh = one("main", page);
            const old = one("main");
            if (!fresh || fresh.innerHTML === old.innerHTML) return;
            const open = new Set(all("details[open][id]").map((part) => part.id));
            old.replaceWith(document.adoptNode(fresh));
            for (const part of all("details[id]")) if (open.has(part.id)) part.open = true;
            document.title = page.title;
            row = -1;
            prepare();
          }

          // What takes a look at all rows, and was asked for: the page is there at once, and this comes after it. Leaving the page ends it.

          const leaving = new AbortController();
          addEventListener("pagehide", () => leaving.abort());

          async function complete() {
            const link = one("a[data-complete]");
            if (!link) return;
            link.removeAttribute("data-complete");
            link.parentElement.setAttribute("aria-busy", "true");
            let answer;
            try {
              answer = await fetch(link.href, { headers: { Accept: "text/html" }, signal: leaving.signal });
            } catch { return; }
            if (!answer.ok) return;
            const text = await answer.text();
            history.replaceState(null, "", link.href);
            show(text);
          }

          // Queries

          // A query that is not waited for any more ends on the server too.
          document.addEventListener("submit", (event) => {
            const button = one("[data-cancel]", event.target);
            if (!button) return;
            button.hidden = false;
            button.onclick = () => { stop(); button.hidden = true; };
          });

          // Completion of names: Tab or Enter takes the marked one, Escape none.
          const names = () => [...new Set(all("[data-name]").map((part) => part.textContent))];

          function offer(field) {
            withdraw();
            const end = field.selectionStart;
            const part = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(field.value.slice(0, end))?.[0] ?? "";
            if (part.length < 2 || field.selectionEnd !== end) return;
            const low = part.toLowerCase();
            const known = names();
            const found = known.filter((name) => name.toLowerCase().startsWith(low))
              .concat(known.filter((name) => name.toLowerCase().indexOf(low, 1) > 0))
              .filter((name) => name !== part).slice(0, 8);
            if (found.length === 0) return;
            const list = document.createElement("ul");
            list.className = "offers";
            list.setAttribute("role", "listbox");
            list.id = "offers";
            found.forEach((name, index) => {
              const item = document.createElement("li");
              item.setAttribute("role", "option");
              item.id = `offer-${index}`;
              item.textContent = name;
              item.addEventListener("mousedown", (event) => { event.preventDefault(); take(field, part, name); });
              list.append(item);
            });
            field.after(list);
            list.dataset.part = part;
            mark(field, 0);
          }

          function withdraw() {
            const list = one("#offers");
            if (list) list.remove();
            one("#sql")?.removeAttribute("aria-activedescendant");
          }

          function mark(field, step) {
            const items = all("#offers li");
            const old = items.findIndex((item) => item.ariaSelected === "true");
            const next = old < 0 ? 0 : (old + step + items.length) % items.length;
            items.forEach((item, index) => item.setAttribute("aria-selected", String(index === next)));
            field.setAttribute("aria-activedescendant", items[next].id);
          }

          function take(field, part, name) {
            const end = field.selectionStart;
            // Anything but small letters, digits and underscores needs quotes, and what stands in them already has some.
            const before = field.value.slice(0, end - part.length);
            const plain = /^[a-z_][a-z0-9_]*$/.test(name) || before.endsWith('"');
            field.setRangeText(plain ? name : `"${name.replaceAll('"', '""')}"`, end - part.length, end, "end");
            withdraw();
          }

          document.addEventListener("input", (event) => { if (event.target.id === "sql") offer(event.target); });
          document.addEventListener("focusout", (event) => { if (event.target.id === "sql") withdraw(); });
          document.addEventListener("keydown", (event) => {
            const list = one("#offers");
            if (!list || event.target.id !== "sql" || event.ctrlKey || event.metaKey) return;
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) mark(event.target, step);
            else if (event.key === "Tab" || event.key === "Enter") {
              take(event.target, list.dataset.part, one("[aria-selected=true]", list).textContent);
            } else if (event.key === "Escape") withdraw();
            else return;
            event.preventDefault();
            event.stopImmediatePropagation();
          }, true);

          if ("live" in document.body.dataset && "EventSource" in window) {
            let timer = 0;
            let source = null;
            const listen = () => {
              if (source || document.hidden) return;
              source = new EventSource("/events");
              source.addEventListener("change", () => {
                clearTimeout(timer);
                timer = setTimeout(refresh, 150);
              });
            };
            // A page in the background holds no connection: a browser has six of them for all of its tabs.
            document.addEventListener("visibilitychange", () => {
              if (document.hidden) { source?.close(); source = null; } else { listen(); refresh(); }
            });
            addEventListener("pagehide", () => { source?.close(); source = null; });
            listen();
          }

          prepare();
          unfold(location.hash);
          addEventListener("hashchange", () => unfold(location.hash));
        })();
        """###

    static let icon: StaticString = ###"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#0a8085"><rect x="2" y="4" width="20" height="4" rx="2"/><rect x="6" y="10" width="16" height="4" rx="2" opacity=".7"/><rect x="10" y="16" width="12" height="4" rx="2" opacity=".42"/></svg>
        """###
}
