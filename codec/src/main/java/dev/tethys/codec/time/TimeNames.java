package dev.tethys.codec.time;

import java.text.DateFormatSymbols;
import java.time.DayOfWeek;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Names of months, days and halves of the day in a language, longest first. Words of Go layouts are
 * compared with full and short names alike.
 */
record TimeNames(List<Name> months, List<Name> days, List<Name> halves) {
  private static final TextStyle[] STYLES = {
    TextStyle.FULL, TextStyle.FULL_STANDALONE, TextStyle.SHORT, TextStyle.SHORT_STANDALONE
  };

  /**
   * A name.
   *
   * @param value number of the month from 1, of the day from 1, or 0 and 1 for AM and PM
   */
  record Name(String text, int value) {}

  static TimeNames of(Locale locale) {
    List<Name> months = new ArrayList<>();
    List<Name> days = new ArrayList<>();
    for (TextStyle style : STYLES) {
      for (Month m : Month.values()) {
        add(months, m.getDisplayName(style, locale), m.getValue());
      }
      for (DayOfWeek d : DayOfWeek.values()) {
        add(days, d.getDisplayName(style, locale), d.getValue());
      }
    }
    for (Month m : Month.values()) { // Sept. and the like have no short form in other tables
      String full = m.getDisplayName(TextStyle.FULL, locale);
      add(months, full.substring(0, Math.min(3, full.length())), m.getValue());
    }
    List<Name> halves = new ArrayList<>();
    String[] symbols = DateFormatSymbols.getInstance(locale).getAmPmStrings();
    for (int i = 0; i < 2; i++) {
      add(halves, i == 0 ? "AM" : "PM", i);
      add(halves, i == 0 ? "a.m." : "p.m.", i);
      add(halves, symbols[i].replace('\u00a0', ' ').replace('\u202f', ' '), i);
    }
    for (List<Name> all : List.of(months, days, halves)) {
      all.sort(Comparator.comparingInt((Name n) -> n.text.length()).reversed());
    }
    return new TimeNames(months, days, halves);
  }

  private static void add(List<Name> to, String text, int value) {
    if (!text.isEmpty()) {
      to.add(new Name(text, value));
    }
  }
}
