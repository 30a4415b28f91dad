package dev.tethys.codec.symbol;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Operator of C++ with its code in symbols (Itanium C++ ABI, "Operator encodings").
 *
 * @param operands number of operands in an expression
 */
record ItaniumOperator(String sign, int operands) {
  private static final Map<String, ItaniumOperator> ALL = new HashMap<>();

  static {
    of(1, "ps +", "ng -", "ad &", "de *", "co ~", "nt !", "pp ++", "mm --");
    of(1, "aw co_await", "sz sizeof", "az alignof", "nx noexcept", "te typeid", "tw throw");
    of(1, "dl delete", "da delete[]");
    of(2, "pl +", "mi -", "ml *", "dv /", "rm %", "an &", "or |", "eo ^", "aS =", "pL +=");
    of(2, "mI -=", "mL *=", "dV /=", "rM %=", "aN &=", "oR |=", "eO ^=", "ls <<", "rs >>");
    of(2, "lS <<=", "rS >>=", "eq ==", "ne !=", "lt <", "gt >", "le <=", "ge >=", "ss <=>");
    of(2, "aa &&", "oo ||", "cm ,", "pm ->*", "pt ->", "ix []", "ds .*", "cl ()");
    of(3, "qu ?");
    of(0, "nw new", "na new[]");
  }

  private static void of(int operands, String... codes) {
    for (String c : codes) {
      ALL.put(c.substring(0, 2), new ItaniumOperator(c.substring(3), operands));
    }
  }

  /** Operator of a code of two letters; null if none. */
  static @Nullable ItaniumOperator of(String code) {
    return ALL.get(code);
  }
}
