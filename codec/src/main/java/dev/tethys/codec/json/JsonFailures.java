package dev.tethys.codec.json;

import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;

/** Why a text is no JSON, for whoever sent it. */
public final class JsonFailures {
  /** What the reader says of itself: where a token began, in its own words, and its settings. */
  private static final Pattern OF_THE_READER =
      Pattern.compile(" \\(start marker at \\[.*?]\\)|, from `[^`]*`");

  private JsonFailures() {}

  /** What is wrong, and where. */
  public static String said(JacksonException e) {
    String what = OF_THE_READER.matcher(e.getOriginalMessage()).replaceAll("");
    TokenStreamLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1
        ? what
        : what + " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }
}
