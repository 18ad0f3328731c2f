"""Go's templates: what the docker command itself prints for a network in each format."""
# ruff: noqa: E501 - the sentences of Go are as long as they are

from __future__ import annotations

import pytest

from core.errors import TemplateError
from core.templates.template import Template

NETWORK = {
    "Name": "n1",
    "Scope": "local",
    "Driver": "bridge",
    "EnableIPv4": True,
    "IPAM": {
        "Driver": "default",
        "Options": {},
        "Config": [{"Subnet": "172.19.0.0/16", "Gateway": "172.19.0.1"}],
    },
    "Internal": False,
    "Containers": {},
    "Options": {},
    "Labels": {"a": "b", "c": "d"},
    "ConfigFrom": {"Network": ""},
}

#: A format, and what ``docker network inspect --format`` printed, or refused.
CASES = (
    ('{{define "x"}}in {{.}}{{end}}{{template "x" .Name}}', "in n1"),
    ('{{block "x" .}}{{.Name}}{{end}}|{{template "x" .}}', "n1|n1"),
    (
        '{{template "x"}}',
        'template: :1:11: executing "" at <{{template "x"}}>: template "x" not defined',
    ),
    (
        "{{and}}",
        'template: :1:2: executing "" at <and>: wrong number of args for and: want at least 1 got 0',
    ),
    (
        "{{len nil}}",
        'template: :1:2: executing "" at <len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value',
    ),
    ("{{.Name}}", "n1"),
    ("{{.Labels}}", "map[a:b c:d]"),
    ("{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a=b;c=d;"),
    ("{{range .Labels}}{{.}} {{end}}", "b d "),
    ("{{.Labels.a}}|{{.Labels.zz}}|", "b|<no value>|"),
    ("{{.Foo}}", 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"'),
    ("{{len .Labels}}", "2"),
    ("{{if .Internal}}yes{{else}}no{{end}}", "no"),
    ('{{if eq .Driver "bridge"}}B{{else if eq .Driver "overlay"}}O{{end}}', "B"),
    (
        '{{printf "%-10s|%5d|%q|%v|%t" .Name 5 .Scope .Labels .Internal}}',
        'n1        |    5|"local"|map[a:b c:d]|false',
    ),
    ("{{range .IPAM.Config}}{{.Subnet}}{{end}}", "172.19.0.0/16"),
    ("{{(index .IPAM.Config 0).Subnet}}", "172.19.0.0/16"),
    (
        "{{(index .IPAM.Config 7).Subnet}}",
        'template: :1:3: executing "" at <index .IPAM.Config 7>: error calling index: index out of range: 7',
    ),
    ('{{.Name | upper | printf "%s-%s" "x"}}', "x-N1"),
    ("{{with .Labels}}{{.a}}{{else}}none{{end}}", "b"),
    ("{{with $x := .Name}}{{$x}}{{end}}", "n1"),
    ("{{$x := 5}}{{$x}}{{$x = 6}}{{$x}}", "56"),
    ("{{- .Name -}}  a", "n1a"),
    ("{{/* c */}}a", "a"),
    ('{{join (split "a,b,c" ",") "-"}}', "a-b-c"),
    ("{{.Name", "template: :1: unclosed action"),
    ("{{end}}", "template: :1: unexpected {{end}}"),
    ("{{if .Name}}a", "template: :1: unexpected EOF"),
    ("{{nosuch .Name}}", 'template: :1: function "nosuch" not defined'),
    ("{{.Containers}}", "map[]"),
    ("{{.Options}}", "map[]"),
    ("{{println .Name .Scope}}", "n1 local\n"),
    ('{{not .Internal}} {{and .Name .Scope}} {{or .Internal "d"}}', "true local d"),
    ('{{title "hello world"}} {{pad "a" 1 2}}|{{truncate "abcdef" 3}}', "Hello World  a  |abc"),
    ('{{truncate "ab" 3}}', "ab"),
    (
        "{{.Name.Foo}}",
        'template: :1:7: executing "" at <.Name.Foo>: can\'t evaluate field Foo in type interface {}',
    ),
    (
        "{{.IPAM.Foo}}",
        'template: :1:7: executing "" at <.IPAM.Foo>: map has no entry for key "Foo"',
    ),
    ('{{lt 1 2}} {{ge 2 2}} {{ne 1 2}} {{eq "a" "b" "a"}}', "true true true true"),
    ("{{slice .Name 0 1}}", "n"),
    ('{{"a" | len}}', "1"),
    ('{{html "<a>\'\\""}} {{js "a\'b"}} {{urlquery "a b&c"}}', "&lt;a&gt;&#39;&#34; a\\'b a+b%26c"),
    (
        '{{range $i, $e := split "a b c" " "}}{{if eq $i 1}}{{continue}}{{end}}{{$i}}{{$e}}{{end}}',
        "0a2c",
    ),
    ('{{range split "a b c" " "}}{{.}}{{break}}{{end}}', "a"),
    (
        "{{.Name .Scope}}",
        'template: :1:2: executing "" at <.Name>: Name is not a method but has arguments',
    ),
    (
        "{{1}} {{1.5}} {{'a'}} {{true}} {{nil}}",
        'template: :1:33: executing "" at <nil>: nil is not a command',
    ),
    ('{{"a\\tb"}} {{`raw`}}', "a\tb raw"),
    ("a\\tb\\n", "a\\tb\\n"),
    ('{{.EnableIPv4}} {{.Scope}}{{"\\n"}}x', "true local\nx"),
    ("{{$y}}", 'template: :1: undefined variable "$y"'),
    ("{{}}", "template: :1: missing value for command"),
    ('{{print 1 2 "a" 3}}', "1 2a3"),
    (
        '{{printf "%d" "a"}} {{printf "%s"}} {{printf "a" 1}}',
        "%!d(string=a) %!s(MISSING) a%!(EXTRA int=1)",
    ),
    ('{{"x}}"}}', "x}}"),
    ("{{break}}", "template: :1: {{break}} outside {{range}}"),
    ("{{index .Name 0}}", "110"),
    ("{{len 3}}", 'template: :1:2: executing "" at <len 3>: error calling len: len of type int'),
    ("{{upper 3}}", 'template: :1:8: executing "" at <3>: expected string; found 3'),
    (
        '{{join .Name ","}}',
        'template: :1:7: executing "" at <.Name>: wrong type for value; expected []string; got string',
    ),
    (
        "{{index}}",
        'template: :1:2: executing "" at <index>: wrong number of args for index: want at least 1 got 0',
    ),
    (
        "{{eq .Name}}",
        'template: :1:2: executing "" at <eq .Name>: error calling eq: missing argument for comparison',
    ),
    (
        '{{eq 1 "a"}}',
        'template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison',
    ),
    (
        '{{lt "a" 1}}',
        'template: :1:2: executing "" at <lt "a" 1>: error calling lt: incompatible types for comparison',
    ),
    ("{{.Name | 5}}", "template: :1: non executable command in pipeline stage 2"),
    ("{{ .Name)}}", "template: :1: unexpected right paren"),
    ("{{(.Name}}", "template: :1: unclosed left paren"),
    ("{{range 3}}{{.}}{{end}}", "012"),
    (
        "{{range .Internal}}a{{end}}",
        'template: :1:8: executing "" at <.Internal>: range can\'t iterate over false',
    ),
    ("{{/* x */ -}} b", "b"),
)


@pytest.mark.parametrize(("form", "printed"), CASES)
def test_a_format_prints_what_docker_prints(form: str, printed: str) -> None:
    try:
        told = Template(form).render(NETWORK, lambda name: not name[:1].isupper())
    except TemplateError as refusal:
        told = str(refusal)
    assert told == printed


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ('{{define "x"}}{{template "x"}}{{end}}{{template "x"}}', "maximum template depth"),
        ('{{define "x"}}{{template "x" .}}{{template "x" .}}{{end}}{{template "x" .}}', "depth"),
        ("{{range 9999}}{{range 9999}}{{end}}{{end}}", "more than 1000000 steps"),
    ],
)
def test_a_template_ends(form: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        Template(form).render(NETWORK)


@pytest.mark.parametrize(
    "text",
    [
        '{{len (pad "x" 900000000000 1)}}',
        '{{$a := "0123456789"}}{{range 60}}{{$a = print $a $a}}{{end}}{{len $a}}',
        '{{$a := "0123456789"}}{{range 60}}{{$a = printf "%s%[1]s%s" $a $a $a}}{{end}}',
        '{{$a := pad "x" 9999 0}}{{range 1000000}}{{$b := html $a}}{{end}}',
        f'{{{{len (printf "{"%1000000d" * 900}" {"1 " * 900})}}}}',
        '{{$a := pad "x" 999999 0}}{{len (join (split $a " ") $a)}}',
    ],
)
def test_no_value_grows_without_end(text: str) -> None:
    """A line of a few words would else take all the memory of whoever does it."""
    with pytest.raises(TemplateError, match=r"too long|take more than"):
        Template(text).render({})


def test_loops_hold_no_list_of_their_numbers() -> None:
    loops = "{{range 1000000}}" * 300 + "{{end}}" * 300
    with pytest.raises(TemplateError, match="steps"):
        Template(loops).render({})


def test_a_width_is_as_in_go() -> None:
    assert Template('{{printf "%*d|" 5 7}}').render({}) == "    7|"
    assert Template('{{printf "%*d|" "a" 7}}').render({}) == "%!(BADWIDTH)7|"
    assert Template('{{printf "%9999999d" 7}}').render({}).startswith("%!(NOVERB)")
    assert Template('{{printf "%c" 99999999}}').render({}) == "\ufffd"


def test_loops_end_whatever_is_in_them() -> None:
    text = "{{range 1000000}}" + "{{$a := 1}}" * 1000 + "{{end}}"
    with pytest.raises(TemplateError, match="steps"):
        Template(text).render({})


@pytest.mark.parametrize(
    "text",
    ["{{" + "(" * 3000 + "1" + ")" * 3000 + "}}", "{{if true}}" * 3000 + "{{end}}" * 3000],
)
def test_parts_are_not_too_deep(text: str) -> None:
    with pytest.raises(TemplateError, match="too deep"):
        Template(text).render({})
