namespace AskTrust.Drp.Engine.Incidents;

/// <summary>The style sheet of the HTML report: no font, script or picture from elsewhere; light, dark and paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --bg:#f6f7f9; --card:#fff; --ink:#16202c; --soft:#5b6878; --line:#e2e6ec; --ok:#127a4b; --okbg:#e5f5ec; --warn:#8a5a00; --warnbg:#fdf3dc;
          --bad:#b3261e; --badbg:#fce9e7; --skip:#55606e; --skipbg:#eceff3; --accent:#2d5bd0; --c1:#2d5bd0; --c2:#7a4fd0; --c3:#0e8f8f; --c4:#c2701c; --c5:#a8447c; --c6:#5c7a29; --c7:#8793a1; }
        @media (prefers-color-scheme: dark) { :root { --bg:#0f141a; --card:#171e27; --ink:#e7ecf2; --soft:#98a5b5; --line:#2a3441; --ok:#5ad19a; --okbg:#11301f; --warn:#f0c060; --warnbg:#352a10;
          --bad:#ff8f86; --badbg:#3b1714; --skip:#a9b4c1; --skipbg:#232c37; --accent:#8fb0ff; --c1:#6d95f5; --c2:#a98af0; --c3:#3fc0c0; --c4:#e59a4d; --c5:#d97bb0; --c6:#9cbf5e; --c7:#6b7887; } }
        * { box-sizing: border-box; }
        body { margin:0; background:var(--bg); color:var(--ink); font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif; }
        main { max-width:60rem; margin:0 auto; padding:2.5rem 1.25rem 4rem; }
        h1 { font-size:1.75rem; line-height:1.2; margin:.1rem 0 .3rem; letter-spacing:-.015em; }
        h2 { font-size:1.3rem; margin:3rem 0 .8rem; letter-spacing:-.01em; }
        h3 { font-size:.8rem; margin:2rem 0 .6rem; color:var(--soft); text-transform:uppercase; letter-spacing:.07em; }
        p { margin:.4rem 0; } .soft { color:var(--soft); } .eyebrow { color:var(--accent); font-weight:600; font-size:.85rem; letter-spacing:.04em; }
        .verdict { display:flex; gap:1rem; align-items:flex-start; border-radius:14px; padding:1.15rem 1.3rem; margin:1.4rem 0; border:1px solid transparent; }
        .verdict .mark { flex:none; width:2.6rem; height:2.6rem; border-radius:50%; display:grid; place-items:center; font-size:1.35rem; font-weight:700; background:currentColor; }
        .verdict .mark span { color:var(--card); } .verdict strong { display:block; font-size:1.2rem; line-height:1.3; } .verdict .why { color:var(--ink); overflow-wrap:anywhere; white-space:pre-line; }
        .ok { color:var(--ok); } .warning { color:var(--warn); } .failed { color:var(--bad); } .skipped { color:var(--skip); }
        .verdict.ok { background:var(--okbg); } .verdict.warning { background:var(--warnbg); } .verdict.failed { background:var(--badbg); } .verdict.skipped { background:var(--skipbg); }
        .cards { display:grid; grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr)); gap:.9rem; }
        .card { background:var(--card); border:1px solid var(--line); border-radius:14px; padding:1rem 1.1rem; }
        .card .label { font-size:.82rem; color:var(--soft); } .card .value { font-size:1.55rem; font-weight:650; line-height:1.3; letter-spacing:-.02em; } .card .note { font-size:.85rem; }
        .meter { height:6px; border-radius:3px; background:var(--line); margin:.55rem 0 .4rem; overflow:hidden; } .meter i { display:block; height:100%; background:currentColor; border-radius:3px; }
        .panel { background:var(--card); border:1px solid var(--line); border-radius:14px; padding:1rem 1.1rem; }
        .stack { display:flex; height:1.5rem; border-radius:7px; overflow:hidden; gap:2px; } .stack i { display:block; min-width:2px; }
        .legend { width:100%; border-collapse:collapse; margin-top:.8rem; } .legend td { padding:.28rem .4rem; border:0; } .dot { display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.55rem; }
        .p1 { background:var(--c1); } .p2 { background:var(--c2); } .p3 { background:var(--c3); } .p4 { background:var(--c4); } .p5 { background:var(--c5); } .p6 { background:var(--c6); } .p7 { background:var(--c7); }
        table { border-collapse:collapse; width:100%; font-size:.92rem; } th,td { text-align:left; padding:.5rem .6rem; border-bottom:1px solid var(--line); vertical-align:top; overflow-wrap:anywhere; white-space:pre-line; }
        th { font-size:.78rem; color:var(--soft); font-weight:600; white-space:nowrap; } tr:last-child > td, tr:last-child > th[scope=row] { border-bottom:0; }
        .num { text-align:right; white-space:nowrap; font-variant-numeric:tabular-nums; } th[scope=row] { width:13rem; font-size:.88rem; font-weight:500; white-space:normal; }
        .badge { display:inline-block; border-radius:999px; padding:.05rem .6rem; font-size:.8rem; font-weight:600; white-space:nowrap; }
        .badge.ok { background:var(--okbg); } .badge.warning { background:var(--warnbg); } .badge.failed { background:var(--badbg); } .badge.skipped { background:var(--skipbg); }
        code,.mono { font-family:ui-monospace,"Cascadia Mono","DejaVu Sans Mono","Liberation Mono",monospace; font-size:.86em; overflow-wrap:anywhere; }
        header { margin-bottom:1.2rem; } header + p { margin-top:-.9rem; } details { margin-top:.7rem; } details:first-child { margin-top:0; } summary { cursor:pointer; color:var(--accent); font-weight:500; } details > table { margin-top:.5rem; }
        ul.plain { margin:.2rem 0; padding-left:1.2rem; } a { color:var(--accent); } footer { margin-top:3rem; padding-top:1rem; border-top:1px solid var(--line); font-size:.86rem; color:var(--soft); }
        section + section { margin-top:3.5rem; border-top:1px solid var(--line); }
        @media print { :root { color-scheme:light; --bg:#fff; --card:#fff; --ink:#000; --soft:#444; --line:#ccc; --ok:#0b5d38; --okbg:#fff; --warn:#6d4700; --warnbg:#fff; --bad:#9b1c15; --badbg:#fff; --skip:#444; --skipbg:#fff;
            --accent:#000; --c1:#2d5bd0; --c2:#7a4fd0; --c3:#0e8f8f; --c4:#c2701c; --c5:#a8447c; --c6:#5c7a29; --c7:#8793a1; }
          * { -webkit-print-color-adjust:exact; print-color-adjust:exact; } body { font-size:10.5pt; } main { max-width:none; padding:0; } @page { margin:16mm; }
          .card,.panel,.verdict { break-inside:avoid; } .verdict,.badge { border:1px solid currentColor; } section + section { break-before:page; border:0; margin-top:0; } h2,h3 { break-after:avoid; } tr { break-inside:avoid; } }
        """;
}
