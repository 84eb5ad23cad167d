"""Expressions as English and as mathematics: the same tree set twice.

English is for the account of the model (``front in [clash, fighting]`` reads "front is clash or
fighting"), MathML Core for the appendix, which browsers set without script. Names come from the
scenario, so both forms are escaped where they become markup: `mathml` returns markup with all text
escaped, `english` returns plain text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from html import escape

from bystander.errors import ScenarioError
from bystander.harmless import spaced
from bystander.report.words.names import is_spelt
from bystander.report.words.numbers import begins_with_a_name, clean, is_name, label
from bystander.scenario.expressions import parse_expression, to_text
from bystander.scenario.expressions.syntax import (
    Binary,
    Call,
    Choice,
    ClauseReading,
    Comparison,
    Expr,
    FactValue,
    Level,
    Logic,
    Membership,
    Name,
    Named,
    Number,
    ParameterValue,
    Query,
    Truth,
    Unary,
    VariableReading,
)
from bystander.units import MINUS

COMPARED = {
    "==": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
SIGNS = {"==": "=", "!=": "\u2260", "<": "<", "<=": "\u2264", ">": ">", ">=": "\u2265"}
CLAUSE = re.compile(r" (?:is|are|has|have|stands?|holds?|rules?|fails?|falls?|begins?|starts?|goes)\b")
"""A name that says that something is so has no onset: "coup stands"."""
WORDS_BEFORE_ABBREVIATING = 400
SPACE = '<mspace width="0.3em"/>'


def words(name: str) -> str:
    """Set an identifier as ordinary words in the middle of a sentence."""
    text = label(name)
    first = text.partition(" ")[0]
    known = first[:2].isupper() or is_name(first) or is_spelt(name) or begins_with_a_name(text)
    return text if known else text[:1].lower() + text[1:]


def simple(expr: Expr) -> Expr:
    """Take out what a hole of a fragment has made constant.

    ``x and true``, ``y * 1``, ``a if false else b``.
    """
    match expr:
        case Logic(operator=operator, terms=terms, mark=mark):
            idle, deciding = Truth(operator == "and"), Truth(operator != "and")
            kept = [t for t in map(simple, terms) if t != idle]
            if deciding in kept:
                return deciding
            return Logic(operator, tuple(kept), mark) if len(kept) > 1 else kept[0] if kept else idle
        case Unary(operator="not", operand=operand, mark=mark):
            inner = simple(operand)
            return Truth(not inner.value, mark) if isinstance(inner, Truth) else Unary("not", inner, mark)
        case Choice(then=then, condition=condition, otherwise=otherwise, mark=mark):
            decided = simple(condition)
            if isinstance(decided, Truth):
                return simple(then if decided.value else otherwise)
            return Choice(simple(then), decided, simple(otherwise), mark)
        case Binary(operator=operator, left=left, right=right, mark=mark):
            left, right = simple(left), simple(right)
            if operator in "*/" and is_number(right, 1):
                return left
            if operator == "*" and is_number(left, 1):
                return right
            if operator in "+-" and is_number(right, 0):
                return left
            return Binary(operator, left, right, mark)
    return expr


def is_number(expr: Expr, value: float) -> bool:
    """Say whether an expression is this plain number."""
    return isinstance(expr, Number) and expr.value == value


def english(expr: Expr) -> str:
    """Say an expression in words."""
    expr = simple(expr)
    match expr:
        case Named(name=name):
            return f"\u201c{words(name)}\u201d"
        case (
            VariableReading(name=name)
            | Level(name=name)
            | ParameterValue(name=name)
            | FactValue(name=name)
            | ClauseReading(name=name)
            | Name(name=name)
        ):
            return words(name)
        case Truth(value=value):
            return "always" if value else "never"
        case Comparison(operators=operators, operands=operands):
            parts = [english(operands[0])]
            for sign, operand in zip(operators, operands[1:], strict=True):
                parts.append(f"{COMPARED[sign]} {english(operand)}")
            return parts[0] + " " + " and ".join(parts[1:])
        case Membership(item=item, options=options, negated=negated):
            return (
                f"{english(item)} is"
                f" {'neither ' if negated else ''}{alternatives([english(o) for o in options], negated)}"
            )
        case Logic(operator=operator, terms=terms):
            inner = [
                f"({english(t)})" if isinstance(t, Logic) and t.operator != operator else english(t)
                for t in terms
            ]
            return f" {operator} ".join(inner)
        case Unary(operator="not", operand=operand):
            return (
                f"not {english(operand)}"
                if isinstance(operand, (Named, VariableReading))
                else f"not ({english(operand)})"
            )
        case Choice(then=then, condition=condition, otherwise=otherwise):
            return f"{english(then)} if {english(condition)}, else {english(otherwise)}"
        case Unary(operator="every", operand=operand):
            return f"every {english(operand)}"
        case Unary(operator="-", operand=operand):
            return f"{MINUS}{bracketed(operand)}"
        case Binary(operator=operator, left=left, right=right):
            sign = {"*": "\u00d7", "-": MINUS}.get(operator, operator)
            lead = (
                english(left)
                if operator in "+-" or (isinstance(left, Unary) and left.operator == "-")
                else bracketed(left)
            )
            divisor = simple(right)
            if operator == "/" and isinstance(divisor, Binary):
                return f"{lead} {sign} ({english(divisor)})"
            return f"{lead} {sign} {bracketed(right)}"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(english(a) for a in arguments)})"
    return clean(to_text(expr), WORDS_BEFORE_ABBREVIATING)


def condition(given: str) -> str:
    """Say a condition that is given as text: its name, or what it says."""
    if given.isidentifier():
        return clean(label(given).lower(), 200)
    try:
        return clean(english(parse_expression(given)), 200)
    except ScenarioError:
        return clean(given, 200)


def onset(given: str, held: Collection[str] = ()) -> str:
    """Say when a clock that waits for a condition starts: "the onset of heavy fighting".

    "" where it waits for nothing: without a condition, and for those that are ``held`` at the start already.
    """
    if not given or given in held:
        return ""
    said = condition(given)
    return f"the onset of {said}" if is_noun(given) else f"the day on which \u201c{said}\u201d first holds"


def is_noun(given: str) -> bool:
    """Tell whether a condition is called by a noun, which has an onset, rather than by what is so."""
    said = condition(given)
    return given.isidentifier() and not said.endswith("ed") and not CLAUSE.search(said)


def bracketed(expr: Expr) -> str:
    """Set a part of a sum or product, in brackets if it is one itself."""
    expr = simple(expr)
    text = english(expr)
    plain = not isinstance(expr, (Binary, Choice, Unary)) or (
        isinstance(expr, Binary) and expr.operator in "*/"
    )
    return text if plain else f"({text})"


def alternatives(options: list[str], negated: bool) -> str:
    """Join alternatives: ``a or b``, ``a nor b``."""
    joiner = " nor " if negated else " or "
    return joiner.join([", ".join(options[:-1]), options[-1]]) if len(options) > 1 else options[0]


def mi(text: str, upright: bool = True) -> str:
    """Set a name; names of several letters stand upright."""
    shown = escape(clean(text, 60))
    return f'<mi mathvariant="normal">{shown}</mi>' if upright and len(shown) == 1 else f"<mi>{shown}</mi>"


def mo(text: str) -> str:
    """Set an operator."""
    return f"<mo>{escape(text)}</mo>"


def mn(text: str) -> str:
    """Set a number."""
    return f"<mn>{escape(clean(text, 40))}</mn>"


def mtext(text: str) -> str:
    """Set words among mathematics."""
    return f"<mtext>{escape(clean(text, 120))}</mtext>"


def row(*parts: str) -> str:
    """Group parts."""
    return f"<mrow>{''.join(parts)}</mrow>"


def sub(base: str, below: str) -> str:
    """Set a subscript."""
    return f"<msub>{base}{below}</msub>"


def fraction(over: str, under: str) -> str:
    """Set a fraction."""
    return f"<mfrac>{row(over)}{row(under)}</mfrac>"


def paren(*parts: str) -> str:
    """Set parentheses."""
    return row(mo("("), *parts, mo(")"))


def between(sign: str, parts: Iterable[str]) -> list[str]:
    """Put a sign between parts."""
    return [piece for k, part in enumerate(parts) for piece in ((sign, part) if k else (part,))]


def condition_mathml(expr: Comparison | Membership | Logic | Unary) -> str:
    """Set a comparison, a membership, or a condition made of others."""
    match expr:
        case Comparison(operators=operators, operands=operands):
            out = [mathml(operands[0])]
            for sign, operand in zip(operators, operands[1:], strict=True):
                out += [mo(SIGNS[sign]), mathml(operand)]
            return row(*out)
        case Membership(item=item, options=options, negated=negated):
            listed = between(mo(","), map(mathml, options))
            return row(mathml(item), mo("\u2209" if negated else "\u2208"), mo("{"), *listed, mo("}"))
        case Logic(operator=operator, terms=terms):
            set_out = (paren(mathml(term)) if isinstance(term, Logic) else mathml(term) for term in terms)
            return row(*between(mo("\u2227" if operator == "and" else "\u2228"), set_out))
        case Unary(operand=operand):
            return row(mo("\u00ac"), paren(mathml(operand)))


def mathml(expr: Expr) -> str:
    """Set an expression as MathML, without the outer ``math`` element."""
    expr = simple(expr)
    match expr:
        case Number():
            text = to_text(expr)
            number, _, unit = text.partition(" ")
            return (
                row(mn(number.replace("-", MINUS)), SPACE, mtext(unit))
                if unit
                else mn(number.replace("-", MINUS))
            )
        case Truth(value=value):
            return mtext("always" if value else "never")
        case (
            Named(name=name)
            | VariableReading(name=name)
            | Level(name=name)
            | ParameterValue(name=name)
            | FactValue(name=name)
            | ClauseReading(name=name)
            | Name(name=name)
        ):
            return mi(spaced(name))
        case Comparison() | Membership() | Logic() | Unary(operator="not"):
            return condition_mathml(expr)
        case Unary(operator="every", operand=operand):
            return fraction(mn("1"), mathml(operand))
        case Unary(operator="-", operand=operand):
            return row(mo(MINUS), factor(operand))
        case Binary(operator="/", left=left, right=right):
            return fraction(mathml(left), mathml(right))
        case Binary(operator=operator, left=left, right=right):
            if operator == "*":
                return row(factor(left), mo("\u22c5"), factor(right))
            return row(
                mathml(left),
                mo(MINUS if operator == "-" else operator),
                factor(right) if operator == "-" else mathml(right),
            )
        case Choice(then=then, condition=condition, otherwise=otherwise):
            cells = ((then, row(mtext("if"), SPACE, mathml(condition))), (otherwise, mtext("otherwise")))
            table = "".join(
                f"<mtr><mtd>{mathml(value)}</mtd><mtd>{when}</mtd></mtr>" for value, when in cells
            )
            return row(mo("{"), f"<mtable>{table}</mtable>")
        case Call(function=function, arguments=arguments):
            return row(mi(function), paren(*between(mo(","), map(mathml, arguments))))
        case Query(kind=kind, outcome=outcome):
            return row(mi(kind, upright=False), paren(mi(spaced(outcome))))
    return mtext(to_text(expr))


def factor(expr: Expr) -> str:
    """Set a factor, in parentheses if it is a sum."""
    return paren(mathml(expr)) if isinstance(expr, Binary) and expr.operator in "+-" else mathml(expr)


def math(inner: str, text: str) -> str:
    """Wrap in a ``math`` element with a text alternative."""
    return f'<math display="block" alttext="{escape(clean(text, 400))}">{inner}</math>'
