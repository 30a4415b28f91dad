package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.collect.logs.file.Glob;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Profiles read from files. A file is read when it is new or its size or modification time has
 * changed.
 */
final class ProfileFiles implements ProfilePoller.Source {
  /** Maximum size of a file, and of all files of one round; larger ones are skipped. */
  static final int MAX_BYTES = 64 << 20;

  private record State(long length, FileTime changed) {}

  private static final System.Logger LOG = JulLogger.of(ProfileFiles.class.getName());

  private final Glob include;
  private Map<Path, State> known = new HashMap<>();

  ProfileFiles(Glob include) {
    this.include = include;
  }

  @Override
  public String name() {
    return "profiles in " + include;
  }

  @Override
  public void gather(ProfilesWriter to) {
    Set<Path> files = new TreeSet<>();
    include.walk(
        new Glob.Visitor() {
          @Override
          public void folder(Path folder) {
            // looked through again in the next round
          }

          @Override
          public void file(Path file) {
            files.add(file);
          }
        });
    Map<Path, State> seen = new HashMap<>();
    long bytes = 0;
    for (Path p : files) {
      try {
        State s = state(p);
        if (s.equals(known.get(p))) {
          seen.put(p, s);
          continue;
        }
        if (s.length > MAX_BYTES) {
          seen.put(p, s);
          LOG.log(Level.WARNING, "{0} is skipped: it has more than {1} bytes", p, MAX_BYTES);
          continue;
        }
        bytes += s.length;
        if (bytes > MAX_BYTES) {
          continue; // in the next round
        }
        read(p, to);
        seen.put(p, s);
      } catch (IOException e) {
        LOG.log(Level.WARNING, "{0} cannot be read: {1}", p, e.getMessage());
      }
    }
    known = seen;
  }

  private static State state(Path p) throws IOException {
    BasicFileAttributes a = Files.readAttributes(p, BasicFileAttributes.class);
    return new State(a.size(), a.lastModifiedTime());
  }

  private static void read(Path p, ProfilesWriter to) throws IOException {
    try {
      byte[] b = Files.readAllBytes(p);
      to.resource(Map.of());
      PprofReader.read(b, MAX_BYTES, Map.of(), Map.of(), to);
    } catch (CodecException e) {
      LOG.log(Level.WARNING, "{0} holds no profile of pprof: {1}", p, e.getMessage());
    }
  }
}
