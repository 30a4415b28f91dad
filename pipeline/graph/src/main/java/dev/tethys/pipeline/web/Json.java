package dev.tethys.pipeline.web;

import dev.tethys.model.GoJson;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** JSON writer that inserts commas. */
public final class Json {
  private final StringBuilder out = new StringBuilder();
  private boolean first = true;

  public Json open(char bracket) {
    comma();
    out.append(bracket);
    first = true;
    return this;
  }

  public Json close(char bracket) {
    out.append(bracket);
    first = false;
    return this;
  }

  public Json key(String k) {
    comma();
    GoJson.append(out, k).append(':');
    first = true;
    return this;
  }

  public Json text(String s) {
    comma();
    GoJson.append(out, s);
    return this;
  }

  public Json number(long n) {
    comma();
    out.append(n);
    return this;
  }

  /** Writes a finite number with at most three decimals. */
  public Json decimal(double n) {
    comma();
    BigDecimal rounded = BigDecimal.valueOf(n).setScale(3, RoundingMode.HALF_UP);
    out.append(rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString());
    return this;
  }

  public Json raw(String json) {
    comma();
    out.append(json);
    return this;
  }

  private void comma() {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
