package dev.tethys.codec.symbol;

import java.util.ArrayList;
import java.util.List;

/**
 * Expressions in C++ symbols, as in template arguments (Itanium C++ ABI, "Expressions"). They are
 * skipped: names contain none of them.
 */
abstract class ItaniumExpressions extends SymbolText {
  /** Types and names that later parts refer to by their number. */
  final List<String> earlier = new ArrayList<>();

  ItaniumExpressions(String s, int at) {
    super(s, at);
  }

  abstract String type();

  abstract String source();

  abstract String operator();

  /** Reads a name without its scope. */
  abstract String unqualified(String in);

  abstract String templateParameter();

  abstract void templateArguments();

  abstract void templateArgument();

  abstract void literal();

  final void qualifiers() {
    while (peek() == 'r' || peek() == 'V' || peek() == 'K') {
      at++;
    }
  }

  final void expression() {
    enter();
    anyExpression();
    leave();
  }

  private void expressions() {
    while (!skip('E')) {
      expression();
    }
  }

  private void anyExpression() {
    char c = peek();
    char d = peek(1);
    if (c == 'L') {
      literal();
      return;
    }
    if (c == 'T') {
      templateParameter();
      return;
    }
    if (isDigit(c)) {
      unresolved();
      return;
    }
    if (c == 'f' && (d == 'p' || d == 'L' && isDigit(peek(2)))) {
      at += 2;
      if (d == 'L') {
        number();
        expect('p');
      }
      qualifiers();
      if (skip('T')) {
        return; // this
      }
      if (isDigit(peek())) {
        number();
      }
      expect('_');
      return;
    }
    if (c == 'f' && (d == 'l' || d == 'r' || d == 'L' || d == 'R')) {
      at += 2;
      take(2);
      expression();
      if (d == 'L' || d == 'R') {
        expression();
      }
      return;
    }
    String code = take(2);
    switch (code) {
      case "sr" -> scoped();
      case "sp" -> expression();
      case "sZ" -> expression();
      case "sP" -> {
        while (!skip('E')) {
          templateArgument();
        }
      }
      case "on" -> {
        operator();
        if (peek() == 'I') {
          templateArguments();
        }
      }
      case "dn" -> unresolved();
      case "gs" -> expression();
      case "tl" -> {
        type();
        expressions();
      }
      case "il", "cl", "cp" -> expressions();
      case "cv" -> {
        type();
        if (skip('_')) {
          expressions();
        } else {
          expression();
        }
      }
      case "ti", "st", "at" -> type();
      case "dc", "sc", "cc", "rc" -> {
        type();
        expression();
      }
      case "dt", "pt" -> {
        expression();
        unresolved();
      }
      case "nw", "na" -> allocation();
      case "tr" -> {
        // throw without a value
      }
      default -> {
        ItaniumOperator known = ItaniumOperator.of(code);
        if (known == null) {
          throw new SymbolException();
        }
        if (code.equals("pp") || code.equals("mm")) {
          skip('_'); // before its operand
        }
        for (int i = 0; i < known.operands(); i++) {
          expression();
        }
      }
    }
  }

  /** A name in a scope that is unknown yet: a type, or levels of names up to an E. */
  private void scoped() {
    if (skip('N')) {
      type();
      levels();
    } else if (!isDigit(peek())) {
      type();
    } else {
      int start = at;
      int known = earlier.size();
      try {
        levels();
      } catch (SymbolException e) { // older compilers have a type without an E
        at = start;
        earlier.subList(known, earlier.size()).clear();
        type();
      }
    }
    unresolved();
  }

  private void levels() {
    while (!skip('E')) {
      source();
      if (peek() == 'I') {
        templateArguments();
      }
    }
  }

  private void allocation() {
    while (!skip('_')) {
      expression();
    }
    type();
    if (skip('E')) {
      return;
    }
    String code = take(2);
    if (!code.equals("pi") && !code.equals("il")) {
      throw new SymbolException();
    }
    expressions();
    if (code.equals("il")) {
      expect('E');
    }
  }

  private void unresolved() {
    if (peek() == 'o' && peek(1) == 'n') {
      at += 2;
      operator();
    } else if (peek() == 'd' && peek(1) == 'n') {
      at += 2;
      if (isDigit(peek())) {
        source();
      } else {
        type();
      }
    } else if (peek() == 's' && peek(1) == 'r' || peek() == 'g' && peek(1) == 's') {
      expression();
    } else {
      unqualified("auto");
    }
    if (peek() == 'I') {
      templateArguments();
    }
  }
}
