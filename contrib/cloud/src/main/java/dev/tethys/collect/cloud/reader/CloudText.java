package dev.tethys.collect.cloud.reader;

import com.google.re2j.Pattern;

/** Bounds text of services before it is shown, and masks what may be a credential in it. */
public final class CloudText {
  private static final int LONGEST = 300;
  private static final int EXAMINED = 16 << 10;
  private static final String MASK = "<redacted>";
  private static final Pattern KEY = Pattern.compile("\\b(?:AKIA|ASIA)[A-Z0-9]{8,}");
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)((?:security[-_]token|session[-_]?token|access[-_]?token|credential|signature|authorization"
              + "|password|secret[a-z_-]*)\"?\\s*[:=]\\s*\"?)(?:bearer )?[^\\s\",;<&]+");
  private static final Pattern BEARER = Pattern.compile("(?i)\\bbearer\\s+\\S+");

  private CloudText() {}

  /** Text in one line without control characters, credentials and its end beyond a bound. */
  public static String shown(String text) {
    String s = text.length() > EXAMINED ? text.substring(0, EXAMINED) : text;
    s = s.replaceAll("\\p{Cntrl}+", " ").strip();
    s = BEARER.matcher(s).replaceAll(MASK);
    s = NAMED.matcher(s).replaceAll("$1" + MASK);
    s = KEY.matcher(s).replaceAll(MASK);
    return s.length() > LONGEST ? s.substring(0, LONGEST) + "…" : s;
  }
}
