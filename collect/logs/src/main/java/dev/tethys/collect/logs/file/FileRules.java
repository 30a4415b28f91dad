package dev.tethys.collect.logs.file;

import com.google.re2j.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Options that differ from the log agent's defaults.
 *
 * @param records record separators; null for lines
 * @param fromEnd whether files that exist when a job runs for the first time are read from their
 *     end
 * @param deleteWhenRead whether a file is deleted once it is read and delivered to its end
 * @param flush time without new data after which an unterminated rest is a record; null for never
 * @param numbered whether entries have their position as metadata {@link #OFFSET} and {@link
 *     #NUMBER}
 * @param selection selects from the files found
 * @param header extracts the content of header lines, which do not become entries; entries have it
 *     as the label {@link #HEADER}; null if none
 * @param locked whether a file is read only while no other process holds a lock on it
 * @param truncation handling of a file that is smaller than the part read
 * @param splits whether a record that is too long becomes several; otherwise only its start is read
 * @param rest selects the unterminated rests that may become a record after {@code flush}; others
 *     wait for their end
 */
public record FileRules(
    @Nullable RecordEnds records,
    boolean fromEnd,
    boolean deleteWhenRead,
    @Nullable Duration flush,
    boolean numbered,
    UnaryOperator<Collection<Path>> selection,
    @Nullable Pattern header,
    boolean locked,
    Truncation truncation,
    boolean splits,
    Rest rest) {
  /** Decides whether the rest of a file may be an unterminated record. */
  @FunctionalInterface
  public interface Rest {
    /** Anything may. */
    Rest ANY = (b, from, to) -> true;

    boolean isWhole(byte[] b, int from, int to);
  }

  /** Name of the label with the header lines of a file, with line feeds. */
  public static final String HEADER = "header";

  /** Maximum total size of header lines in bytes; further ones are ordinary lines. */
  public static final int MAX_HEADER = 64 << 10;

  /** Metadata name for the offset of an entry's first byte, in the decompressed content. */
  public static final String OFFSET = "offset";

  /** Metadata name for the entry's number in its file; the first is 1. */
  public static final String NUMBER = "number";

  /** With any rest as a record. */
  public FileRules(
      @Nullable RecordEnds records,
      boolean fromEnd,
      boolean deleteWhenRead,
      @Nullable Duration flush,
      boolean numbered,
      UnaryOperator<Collection<Path>> selection,
      @Nullable Pattern header,
      boolean locked,
      Truncation truncation,
      boolean splits) {
    this(
        records,
        fromEnd,
        deleteWhenRead,
        flush,
        numbered,
        selection,
        header,
        locked,
        truncation,
        splits,
        Rest.ANY);
  }

  /** Without the last five. */
  FileRules(
      @Nullable RecordEnds records,
      boolean fromEnd,
      boolean deleteWhenRead,
      @Nullable Duration flush,
      boolean numbered,
      UnaryOperator<Collection<Path>> selection) {
    this(
        records,
        fromEnd,
        deleteWhenRead,
        flush,
        numbered,
        selection,
        null,
        false,
        Truncation.WHOLE,
        false);
  }

  /** Nothing. */
  public static final FileRules NONE =
      new FileRules(null, false, false, null, false, UnaryOperator.identity());

  /** The same, with files that exist at the first start read from their end or not. */
  public FileRules withFromEnd(boolean end) {
    return new FileRules(
        records,
        end,
        deleteWhenRead,
        flush,
        numbered,
        selection,
        header,
        locked,
        truncation,
        splits,
        rest);
  }

  /** The same, with records that are too long split or cut. */
  public FileRules withSplits(boolean wanted) {
    return new FileRules(
        records,
        fromEnd,
        deleteWhenRead,
        flush,
        numbered,
        selection,
        header,
        locked,
        truncation,
        wanted,
        rest);
  }
}
