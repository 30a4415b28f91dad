package dev.tethys.pipeline.archive;

import dev.tethys.model.file.FileAccess.ReadableFile;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Exception;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files of an archive in a bucket of S3. A segment is listed when its index is stored, which
 * follows it. Bodies are read ahead, so that neighbours cost one request. Not thread-safe.
 */
public final class S3Archive implements ArchiveFiles {
  /** Object with the identity of the archive that writes below a prefix. */
  static final String OWNER = "OWNER";

  /** Bytes that one request reads at least. */
  private static final int AHEAD = 4 << 20;

  /** Longest index: of 65,536 records with their values. */
  private static final int MAX_INDEX = 512 << 20;

  /** Segments that are listed; more than a bucket of usual archives has. */
  private static final int MAX_NAMES = 1_000_000;

  private static final long LISTED_NANOS = 10_000_000_000L;

  private final S3Client client;
  private final S3Settings settings;
  private @Nullable TreeMap<String, Long> listed; // sizes by names
  private long listedAt;
  private String blockName = "";
  private long blockStart;
  private byte[] block = {};

  public S3Archive(S3Client client, S3Settings settings) {
    this.client = client;
    this.settings = settings;
  }

  /** A request to S3. */
  private interface Request<T> {
    T make() throws IOException, InterruptedException;
  }

  private <T> T make(String name, Request<T> request) throws IOException {
    try {
      return request.make();
    } catch (S3Exception e) {
      if (e.code().equals("NoSuchKey")) {
        listed = null;
        throw new NoSuchFileException(shown(name));
      }
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted at " + shown(name));
    }
  }

  private TreeMap<String, Long> listed() throws IOException {
    TreeMap<String, Long> known = listed;
    if (known != null && System.nanoTime() - listedAt < LISTED_NANOS) {
      return known;
    }
    TreeMap<String, Long> all = new TreeMap<>();
    String prefix = settings.prefix().isEmpty() ? "" : settings.prefix() + "/";
    String token = "";
    do {
      String of = token;
      S3Client.Page page = make("", () -> client.list(prefix, "", of));
      for (S3Client.Listed o : page.objects()) {
        String name = o.key().substring(prefix.length());
        if (name.endsWith(Archive.SEGMENTS.suffix()) || name.endsWith(Archive.INDEXES.suffix())) {
          all.put(name, o.size());
        }
      }
      if (all.size() > 2 * MAX_NAMES) {
        throw new IOException(shown("") + " has more than " + MAX_NAMES + " segments");
      }
      token = page.next();
    } while (!token.isEmpty());
    List<String> incomplete = new ArrayList<>();
    for (String name : all.keySet()) {
      if (name.endsWith(Archive.SEGMENTS.suffix()) && !all.containsKey(index(name))) {
        incomplete.add(name);
      }
    }
    incomplete.forEach(all::remove);
    listed = all;
    listedAt = System.nanoTime();
    return all;
  }

  private static String index(String segment) {
    return segment.substring(0, segment.length() - Archive.SEGMENTS.suffix().length())
        + Archive.INDEXES.suffix();
  }

  @Override
  public List<String> names() throws IOException {
    return List.copyOf(listed().keySet());
  }

  @Override
  public boolean exists(String name) throws IOException {
    return listed().containsKey(name);
  }

  @Override
  public long size(String name) throws IOException {
    Long n = listed().get(name);
    if (n == null) {
      throw new NoSuchFileException(shown(name));
    }
    return n;
  }

  @Override
  public byte[] read(String name) throws IOException {
    return make(name, () -> client.get(settings.key(name), MAX_INDEX));
  }

  @Override
  public ReadableFile open(String name) throws IOException {
    long size = size(name);
    return new ReadableFile() {
      @Override
      public int read(long position, byte[] into, int offset, int length) throws IOException {
        return readBlock(name, position, into, offset, length);
      }

      @Override
      public long size() {
        return size;
      }

      @Override
      public void close() {
        // no connection stays open between requests
      }
    };
  }

  private int readBlock(String name, long position, byte[] into, int offset, int length)
      throws IOException {
    if (length == 0) {
      return 0;
    }
    boolean known =
        blockName.equals(name)
            && position >= blockStart
            && position + length <= blockStart + block.length;
    if (!known) {
      block =
          make(name, () -> client.getRange(settings.key(name), position, Math.max(length, AHEAD)));
      blockStart = position;
      blockName = name;
    }
    int from = (int) (position - blockStart);
    int n = Math.min(length, block.length - from);
    System.arraycopy(block, from, into, offset, n);
    return n;
  }

  @Override
  public String shown(String name) {
    return client.name(settings.key(name));
  }
}
