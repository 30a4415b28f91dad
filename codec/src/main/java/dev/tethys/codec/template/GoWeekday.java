package dev.tethys.codec.template;

import java.time.DayOfWeek;
import java.time.format.TextStyle;
import java.util.Locale;

/** Go's time.Weekday: 0 is Sunday. */
record GoWeekday(long number) implements GoInteger {
  static GoWeekday of(DayOfWeek day) {
    return new GoWeekday(day.getValue() % 7);
  }

  @Override
  public String typeName() {
    return "time.Weekday";
  }

  @Override
  public String text() {
    return DayOfWeek.SUNDAY.plus(number).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }
}
