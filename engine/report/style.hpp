// How a report page looks: on phones and wide windows, light and dark, and on paper.
#pragma once

#include <string_view>

namespace plotmill {

inline constexpr std::string_view report_style = R"css(
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --text: #1c2330; --muted: #5b6577; --line: #dfe3ea;
  --read: #2a9d8f; --draw: #3b6fd4; --encode: #8a5cc9; --commit: #d9792b; --accent: #3b6fd4; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #12151b; --card: #1b2029; --text: #e6e9ef;
  --muted: #9aa5b8; --line: #303846; --read: #45bfae; --draw: #6f9cf2; --encode: #b08ae8; --commit: #f09a52;
  --accent: #6f9cf2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem; margin-top: 1rem; }
.muted { color: var(--muted); font-size: .875rem; }
.verdict { border-left: 5px solid var(--accent); font-size: 1.05rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .9rem 1rem; margin: 0; }
.tiles dt, .facts dt { color: var(--muted); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.3; }
.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.25rem; margin: 0; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
data { font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; background: linear-gradient(var(--line), var(--line)) bottom / 100% 1px no-repeat; }
.rate { height: 150px; }
.lane { height: 40px; }
.name { display: flex; justify-content: space-between; gap: 1rem; font-size: .875rem; margin: .6rem 0 .2rem; }
.name b { overflow-wrap: anywhere; } .name span + span, .name b + span { white-space: nowrap; }
.axis { display: flex; justify-content: space-between; color: var(--muted); font-size: .8rem; margin-top: .3rem; }
.read { --colour: var(--read); } .draw { --colour: var(--draw); }
.encode { --colour: var(--encode); } .commit { --colour: var(--commit); }
.name b { border-left: .7em solid var(--colour); padding-left: .45em; line-height: 1.2; align-self: center; }
path { fill: var(--colour, var(--accent)); }
path.soft { fill-opacity: .25; }
path.edge { fill: none; stroke: var(--accent); stroke-width: 1.75; vector-effect: non-scaling-stroke; }
path.mean { fill: none; stroke: var(--muted); stroke-dasharray: 5 4; vector-effect: non-scaling-stroke; }
.wide { overflow-x: auto; margin-bottom: .6rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; vertical-align: top; padding: .45rem 0 .45rem .9rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--muted); font-size: .8rem; font-weight: 500; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; }
th:nth-child(3) { width: 28%; }
tr:last-child td { border-bottom: 0; }
.bar { display: block; width: 100%; min-width: 4rem; height: .4rem; margin-top: .15rem; border-radius: 3px; background: var(--line); }
.bar i { display: block; height: 100%; border-radius: 3px; background: var(--colour); }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; border-radius: 6px; background: #fff; }
summary { cursor: pointer; margin-top: .8rem; }
pre { overflow-x: auto; margin: .6rem 0 0; padding: .8rem; background: var(--paper); border-radius: 6px; }
@media (max-width: 34rem) { section { padding: .9rem; } th, td { padding-left: .6rem; font-size: .9rem; }
  td .muted { font-size: .8rem; } th:nth-child(3) { width: auto; } .bar { min-width: 3rem; } }
@media print { body { background: #fff; font-size: 11pt; } main { max-width: none; padding: 0; }
  section { break-inside: avoid; } section.long { break-inside: auto; } pre { white-space: pre-wrap; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)css";

}  // namespace plotmill
