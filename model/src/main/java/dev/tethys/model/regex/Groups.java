package dev.tethys.model.regex;

import com.google.re2j.Matcher;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Matches in one text with their groups, one after another. Not thread-safe. */
public final class Groups {
  private final Regex regex;
  private final Matcher matcher;

  Groups(Regex regex, Matcher matcher) {
    this.regex = regex;
    this.matcher = matcher;
  }

  /** Whether the text is a match as a whole. */
  public boolean matches() {
    return found(matcher::matches);
  }

  /** Finds the next match. */
  public boolean find() {
    return found(matcher::find);
  }

  /** RE2/J handles empty-width parts by recursion. */
  private boolean found(BooleanSupplier search) {
    try {
      return search.getAsBoolean();
    } catch (StackOverflowError e) {
      throw regex.tooDeep();
    }
  }

  /** Number of groups, the whole match not counted. */
  public int groupCount() {
    return matcher.groupCount();
  }

  /** Text of a group, 0 for the whole match; null if the group is not part of the match. */
  public @Nullable String group(int number) {
    return matcher.group(number);
  }

  /** Text of a group by its name; null if there is none or it is not part of the match. */
  public @Nullable String group(String name) {
    int number = regex.groupNumber(name);
    return number < 0 ? null : matcher.group(number);
  }

  /** Returns the start of the match. */
  public int start() {
    return matcher.start();
  }

  /** Start of a group; -1 if it is not part of the match. */
  public int start(int number) {
    return matcher.start(number);
  }

  /** Returns the end of the match. */
  public int end() {
    return matcher.end();
  }

  /** End of a group; -1 if it is not part of the match. */
  public int end(int number) {
    return matcher.end(number);
  }
}
