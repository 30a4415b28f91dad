package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.files.Frames;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * List of all parts of a store, with the position of the write-ahead log up to which their rows
 * come from. It is written whole to a new file that replaces the old one; a second copy allows for
 * damage to the first.
 *
 * <pre>
 * file:  one frame of {@link Frames}
 * frame: 1 byte version 1, uvarint number of the manifest, uvarint first segment of the write-ahead log
 *        that is not in parts, uvarint id of the next part, uvarint generation of the next head,
 *        uvarint parts, then for each: tenant, uvarint id, svarint partition, uvarint generation,
 *        uvarint size, uvarint rows, uvarint bytes, 8 bytes first time, 8 bytes last time;
 *        uvarint deletions, then for each: tenant, id, query, 8 bytes from, 8 bytes to, 8 bytes created,
 *        uvarint generation, 1 byte processed, uvarint length and bytes of the condition
 * </pre>
 *
 * Strings are a uvarint length and UTF-8, see {@link ByteSink}.
 *
 * @param number ascends with each write
 * @param walSegment segments of the write-ahead log before this one are in parts
 * @param nextPart no part has this id or a larger one
 * @param headGeneration generation of the oldest head that is not in parts
 */
public record Manifest(
    long number,
    long walSegment,
    long nextPart,
    long headGeneration,
    List<PartEntry> parts,
    List<DeletionMark> deletions) {
  /** Manifest of an empty store. */
  public static final Manifest EMPTY = new Manifest(0, 1, 1, 1, List.of(), List.of());

  private static final int VERSION = 1;
  private static final String[] NAMES = {"manifest", "manifest.copy"};
  private static final String NEXT = "manifest.next";

  /**
   * Reads the newest manifest of a folder.
   *
   * @return null if there is none
   * @throws CorruptionException if there are files and none can be read
   */
  public static @Nullable Manifest read(FileAccess files, Path directory) throws IOException {
    Manifest best = null;
    StringBuilder damage = new StringBuilder();
    for (String name : NAMES) {
      Path path = directory.resolve(name);
      if (files.exists(path)) {
        try {
          Manifest m = decode(files.read(path));
          if (best == null || m.number > best.number) {
            best = m;
          }
        } catch (CorruptionException e) {
          damage.append(damage.isEmpty() ? "" : "; ").append(path).append(": ");
          damage.append(e.getMessage());
        }
      }
    }
    if (best == null && !damage.isEmpty()) {
      throw new CorruptionException(
          damage + "; both copies of the manifest are damaged, restore one from a backup");
    }
    return best;
  }

  /** Writes the manifest; it is durable when this returns. */
  public void write(FileAccess files, Path directory) throws IOException {
    ByteSink out = new ByteSink(1 << 12);
    int frame = Frames.begin(out);
    encode(out);
    Frames.end(out, frame);
    for (String name : NAMES) {
      Path next = directory.resolve(NEXT);
      try (WritableFile f = files.create(next)) {
        f.write(out.buf, 0, out.size);
        f.force();
      }
      files.rename(next, directory.resolve(name));
      files.syncDirectory(directory);
    }
  }

  private void encode(ByteSink out) {
    out.putByte(VERSION);
    out.uvarint(number);
    out.uvarint(walSegment);
    out.uvarint(nextPart);
    out.uvarint(headGeneration);
    out.uvarint(parts.size());
    for (PartEntry p : parts) {
      out.putString(p.tenant());
      out.uvarint(p.id());
      out.svarint(p.partition());
      out.uvarint(p.generation());
      out.uvarint(p.size());
      out.uvarint(p.rows());
      out.uvarint(p.bytes());
      out.putLong(p.first());
      out.putLong(p.last());
    }
    out.uvarint(deletions.size());
    for (DeletionMark d : deletions) {
      out.putString(d.tenant());
      out.putString(d.id());
      out.putString(d.query());
      out.putLong(d.from());
      out.putLong(d.to());
      out.putLong(d.created());
      out.uvarint(d.generation());
      out.putByte(d.processed() ? 1 : 0);
      out.putSized(d.condition());
    }
  }

  private static Manifest decode(byte[] file) {
    List<Manifest> found = new ArrayList<>();
    Frames.read(MemorySegment.ofArray(file), 0, f -> found.add(decode(f)));
    if (found.size() != 1) {
      throw new CorruptionException("no intact frame in " + file.length + " bytes");
    }
    return found.getFirst();
  }

  private static Manifest decode(ByteSource in) {
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("manifest has version " + version + ", expected " + VERSION);
    }
    long number = in.uvarint();
    long walSegment = in.uvarint();
    long nextPart = in.uvarint();
    long generation = in.uvarint();
    List<PartEntry> parts = new ArrayList<>();
    for (int n = in.count(); n > 0; n--) {
      parts.add(
          new PartEntry(
              in.string().intern(),
              in.uvarint(),
              in.svarint(),
              in.uvarint(),
              in.uvarint(),
              in.uvarint(),
              in.uvarint(),
              in.getLong(),
              in.getLong()));
    }
    List<DeletionMark> deletions = new ArrayList<>();
    for (int n = in.count(); n > 0; n--) {
      deletions.add(
          new DeletionMark(
              in.string(),
              in.string(),
              in.string(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.uvarint(),
              in.getByte() != 0,
              in.sized()));
    }
    return new Manifest(number, walSegment, nextPart, generation, parts, deletions);
  }
}
