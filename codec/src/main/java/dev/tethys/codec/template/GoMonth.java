package dev.tethys.codec.template;

import java.time.Month;
import java.time.format.TextStyle;
import java.util.Locale;

/** Go's time.Month: 1 is January. */
record GoMonth(long number) implements GoInteger {
  @Override
  public String typeName() {
    return "time.Month";
  }

  @Override
  public String text() {
    return Month.of((int) number).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }
}
