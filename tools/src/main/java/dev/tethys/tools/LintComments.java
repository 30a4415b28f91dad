package dev.tethys.tools;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Comments of a rule file that disable checks. They are {@code # lint disable CHECK} in or above a
 * rule, {@code # lint file/disable CHECK}, {@code # lint snooze DATE CHECK}, {@code # lint
 * file/snooze DATE CHECK} until a date, {@code # lint ignore/file}. {@code pint} may be used
 * instead of {@code lint}, and {@code (NAME)} after a check limits it to that metric or label.
 */
final class LintComments {
  private static final Pattern COMMENT =
      Pattern.compile("#\\s*(?:lint|pint)\\s+(file/)?(disable|snooze|ignore/file)(?:\\s+(.*))?$");

  private record Off(int line, boolean everywhere, String check) {}

  private final List<Off> offs = new ArrayList<>();
  private final List<String> lines;
  private boolean ignored;

  LintComments(String text, Instant now) {
    lines = List.of(text.split("\n", -1));
    for (int i = 0; i < lines.size(); i++) {
      Matcher m = COMMENT.matcher(lines.get(i));
      if (!m.find()) {
        continue;
      }
      String rest = m.group(3) == null ? "" : m.group(3).strip();
      if (m.group(2).equals("ignore/file")) {
        ignored = true;
      } else if (m.group(2).equals("disable")) {
        offs.add(new Off(i + 1, m.group(1) != null, rest));
      } else {
        int space = rest.indexOf(' ');
        if (space > 0 && until(rest.substring(0, space)).isAfter(now)) {
          offs.add(new Off(i + 1, m.group(1) != null, rest.substring(space + 1).strip()));
        }
      }
    }
  }

  private static Instant until(String date) {
    try {
      return date.indexOf('T') < 0
          ? LocalDate.parse(date).atStartOfDay(ZoneOffset.UTC).toInstant()
          : OffsetDateTime.parse(date).toInstant();
    } catch (DateTimeException e) {
      return Instant.MIN; // it disables no check, and the finding is reported
    }
  }

  /** Whether the file is excluded from checks. */
  boolean ignored() {
    return ignored;
  }

  /** Returns the first line of the comments directly above a line. */
  int above(int line) {
    int first = line;
    while (first > 1 && lines.get(first - 2).strip().startsWith("#")) {
      first--;
    }
    return first;
  }

  /**
   * Whether a check is off between two lines.
   *
   * @param subject the metric or label that is complained of
   */
  boolean off(String check, String subject, int from, int to) {
    for (Off o : offs) {
      boolean named =
          o.check.equals(check)
              || !subject.isEmpty() && o.check.equals(check + "(" + subject + ")");
      if (named && (o.everywhere || o.line >= from && o.line <= to)) {
        return true;
      }
    }
    return false;
  }
}
