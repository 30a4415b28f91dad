package dev.tethys.model.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbered files of a folder, of which the newest is appended to: a log in segments. Its owner
 * decides when the next segment starts, what a record is, and when a segment is obsolete. A log
 * that is replayed as a whole and replaced by its live records is a {@link RecordLog} instead.
 */
public final class SegmentFiles {
  /**
   * Segment file naming scheme.
   *
   * @param isHex whether a name has 16 hexadecimal digits; otherwise at least eight decimal ones
   */
  public record Names(boolean isHex, String suffix) {
    /** Name of a numbered file. (A formatter would load locale data first, while a start waits.) */
    public String name(long number) {
      String digits = Long.toString(number);
      return (isHex
              ? HexFormat.of().toHexDigits(number)
              : "0".repeat(Math.max(0, 8 - digits.length())) + digits)
          + suffix;
    }

    /** Number in the name of a file; null for the name of another file. */
    public @Nullable Long number(String name) {
      int digits = name.length() - suffix.length();
      if (!name.endsWith(suffix) || (isHex ? digits != 16 : digits < 8 || digits > 18)) {
        return null;
      }
      for (int i = 0; i < digits; i++) {
        char c = name.charAt(i);
        if (isHex ? !HexFormat.isHexDigit(c) : c < '0' || c > '9') {
          return null;
        }
      }
      if (!isHex) {
        return Long.valueOf(name.substring(0, digits));
      }
      long n = HexFormat.fromHexDigitsToLong(name.substring(0, digits));
      return n > 0 && n < Long.MAX_VALUE ? (Long) n : null;
    }
  }

  private final FileAccess files;
  private final Path folder;
  private final Names names;

  public SegmentFiles(FileAccess files, Path folder, Names names) {
    this.files = files;
    this.folder = folder;
    this.names = names;
  }

  /** Numbers of the segments, ascending. */
  public List<Long> numbers() throws IOException {
    List<Long> out = new ArrayList<>();
    for (Path p : files.list(folder)) {
      Long n = names.number(p.getFileName().toString());
      if (n != null) {
        out.add(n);
      }
    }
    out.sort(null);
    return out;
  }

  /** Returns the path of a segment. */
  public Path path(long number) {
    return folder.resolve(names.name(number));
  }

  /**
   * Starts a segment. After an error there is no file.
   *
   * @param durable whether the name and the header survive a power cut from now on
   */
  public AppendFile create(long number, byte[] header, boolean durable) throws IOException {
    Path path = path(number);
    FileAccess.WritableFile f = files.create(path);
    try {
      f.write(header, 0, header.length);
      if (durable) {
        f.force();
        files.syncDirectory(folder);
      }
      return new AppendFile(f);
    } catch (IOException | RuntimeException | Error e) {
      AppendFile.cleanUp(e, f::close);
      AppendFile.cleanUp(e, () -> files.delete(path));
      throw e;
    }
  }
}
