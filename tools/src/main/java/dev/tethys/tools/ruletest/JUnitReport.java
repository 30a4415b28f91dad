package dev.tethys.tools.ruletest;

import java.util.ArrayList;
import java.util.List;

/** Results of tests as JUnit's XML, written as promtool writes it. Not thread-safe. */
public final class JUnitReport {
  private final List<Suite> suites = new ArrayList<>();

  /** Results of one file. */
  public static final class Suite {
    private final String name;
    private final List<Case> cases = new ArrayList<>();
    private String time = "";
    private int failures;
    private int errors;

    private Suite(String name) {
      this.name = name;
    }

    void time(String when) {
      time = when;
    }

    Case test(String testName) {
      Case c = new Case(testName);
      cases.add(c);
      return c;
    }

    /** Records that the file could not be read. */
    void abort(String error) {
      Case c = test("unknown");
      c.error = error;
      errors++;
    }

    void fail(Case c, String failure) {
      c.failures.add(failure);
      failures++;
    }
  }

  /** Results of one test. */
  static final class Case {
    private final String name;
    private final List<String> failures = new ArrayList<>();
    private String error = "";

    private Case(String name) {
      this.name = name;
    }
  }

  /** Adds a file. */
  public Suite suite(String name) {
    Suite s = new Suite(name);
    suites.add(s);
    return s;
  }

  /** Returns the document. */
  public String xml() {
    StringBuilder sb = new StringBuilder("<testsuites>");
    for (Suite s : suites) {
      sb.append("<testsuite");
      attribute(sb, "name", s.name);
      attribute(sb, "tests", String.valueOf(s.cases.size()));
      attribute(sb, "failures", String.valueOf(s.failures));
      attribute(sb, "errors", String.valueOf(s.errors));
      attribute(sb, "skipped", "0");
      attribute(sb, "timestamp", s.time);
      sb.append('>');
      for (Case c : s.cases) {
        sb.append("<testcase");
        attribute(sb, "name", c.name);
        sb.append('>');
        for (String f : c.failures) {
          text(sb.append("<failure>"), f).append("</failure>");
        }
        if (!c.error.isEmpty()) {
          text(sb.append("<error>"), c.error).append("</error>");
        }
        sb.append("</testcase>");
      }
      sb.append("</testsuite>");
    }
    return sb.append("</testsuites>").toString();
  }

  private static void attribute(StringBuilder sb, String name, String value) {
    text(sb.append(' ').append(name).append("=\""), value).append('"');
  }

  private static StringBuilder text(StringBuilder sb, String s) {
    s.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> sb.append("&#34;");
                case '\'' -> sb.append("&#39;");
                case '&' -> sb.append("&amp;");
                case '<' -> sb.append("&lt;");
                case '>' -> sb.append("&gt;");
                case '\t' -> sb.append("&#x9;");
                case '\n' -> sb.append("&#xA;");
                case '\r' -> sb.append("&#xD;");
                default ->
                    sb.appendCodePoint(
                        c < ' ' || c >= 0xd800 && c < 0xe000 || c >= 0xfffe && c <= 0xffff
                            ? 0xfffd
                            : c);
              }
            });
    return sb;
  }
}
