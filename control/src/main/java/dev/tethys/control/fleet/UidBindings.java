package dev.tethys.control.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.AgentToken;
import dev.tethys.control.state.AppendOnlyFile;
import dev.tethys.model.file.RealFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Bindings of agent instance UIDs to tokens, established on first contact. Any other token is
 * rejected, so that it neither reads the configuration of an agent nor reports in its place. A
 * binding passes on to another token when its own is no longer in the token file, and no other
 * token has its name.
 *
 * <p>Format of the file: a line {@code UID FINGERPRINT NAME} for each binding, the last of a uid
 * holds; without fingerprint and name it ends the binding.
 *
 * <p>Invariant: a token has at most {@link #MAX_PER_AGENT} bindings for each agent of the table; a
 * further one replaces its oldest of an agent that is not in the table. Thread-safe.
 */
public final class UidBindings implements AutoCloseable {
  /** Bindings of a token for each agent that the table may have. */
  static final int MAX_PER_AGENT = 2;

  /** Lines beyond two for each binding, after which the file is compacted. */
  private static final int SPARE_LINES = 10_000;

  private final @Nullable Path path;
  private final int max;
  private final Set<String> fingerprints = new HashSet<>();
  private final Set<String> names = new HashSet<>();

  @GuardedBy("this")
  private final Map<UUID, AgentToken> bound = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, LinkedHashMap<UUID, Boolean>> byToken = new HashMap<>();

  @GuardedBy("this")
  private @Nullable AppendOnlyFile file;

  @GuardedBy("this")
  private long lines;

  private UidBindings(@Nullable Path path, List<AgentToken> known, int maxAgents) {
    this.path = path;
    this.max = MAX_PER_AGENT * maxAgents;
    for (AgentToken t : known) {
      fingerprints.add(t.fingerprint());
      names.add(t.name());
    }
  }

  /** Bindings in memory. */
  static UidBindings inMemory() {
    return new UidBindings(null, List.of(), Integer.MAX_VALUE / MAX_PER_AGENT);
  }

  /**
   * Opens a file of bindings, which need not exist.
   *
   * @param known tokens of the token file
   * @throws IOException if it cannot be read or written
   */
  public static UidBindings open(Path path, List<AgentToken> known, int maxAgents)
      throws IOException {
    UidBindings out = new UidBindings(path, known, maxAgents);
    out.load(path);
    return out;
  }

  private synchronized void load(Path from) throws IOException {
    AppendOnlyFile opened = new AppendOnlyFile(from); // without a line that was not finished
    try {
      for (String line : Files.readAllLines(from)) {
        read(line);
      }
    } catch (IOException | IllegalArgumentException e) {
      opened.close();
      throw new IOException(
          from + " is damaged (" + e.getMessage() + "); restore it from a backup, or remove it", e);
    }
    file = opened;
  }

  @GuardedBy("this")
  private void read(String line) {
    String[] parts = line.split(" ", 3);
    lines++;
    UUID uid = UUID.fromString(parts[0]);
    remove(uid);
    if (parts.length == 3) {
      put(uid, new AgentToken(parts[2], parts[1]));
    }
  }

  @GuardedBy("this")
  private void put(UUID uid, AgentToken token) {
    remove(uid);
    bound.put(uid, token);
    byToken.computeIfAbsent(token.fingerprint(), k -> new LinkedHashMap<>()).put(uid, Boolean.TRUE);
  }

  @GuardedBy("this")
  private void remove(UUID uid) {
    AgentToken t = bound.remove(uid);
    if (t != null) {
      Map<UUID, Boolean> of = byToken.getOrDefault(t.fingerprint(), new LinkedHashMap<>());
      of.remove(uid);
      if (of.isEmpty()) {
        byToken.remove(t.fingerprint());
      }
    }
  }

  /** Whether a token may use a uid, which is bound or can be bound to it. */
  synchronized boolean allows(UUID uid, AgentToken token) {
    AgentToken t = bound.get(uid);
    return token.equals(AgentToken.NONE)
        || t == null
        || t.fingerprint().equals(token.fingerprint())
        || !fingerprints.contains(t.fingerprint())
            && (t.name().equals(token.name()) || !names.contains(t.name()));
  }

  /**
   * Binds a uid that the token may use.
   *
   * @param inTable whether an agent is in the table
   * @throws IOException if the binding was not written
   */
  synchronized void bind(UUID uid, AgentToken token, Predicate<UUID> inTable) throws IOException {
    AgentToken t = bound.get(uid);
    if (token.equals(AgentToken.NONE) || t != null && t.fingerprint().equals(token.fingerprint())) {
      return;
    }
    LinkedHashMap<UUID, Boolean> own = byToken.get(token.fingerprint());
    if (own != null && own.size() >= max) {
      for (Iterator<UUID> i = own.keySet().iterator(); i.hasNext(); ) {
        UUID old = i.next();
        if (!inTable.test(old)) {
          write(old.toString());
          remove(old);
          break;
        }
      }
    }
    write(uid + " " + token.fingerprint() + " " + token.name());
    put(uid, token);
  }

  @GuardedBy("this")
  private void write(String line) throws IOException {
    if (file == null || path == null) {
      return;
    }
    if (lines > 2L * bound.size() + SPARE_LINES) {
      StringBuilder all = new StringBuilder();
      bound.forEach(
          (uid, t) ->
              all.append(uid)
                  .append(' ')
                  .append(t.fingerprint())
                  .append(' ')
                  .append(t.name())
                  .append('\n'));
      new RealFiles().replace(path, all.toString().getBytes(StandardCharsets.UTF_8));
      AppendOnlyFile former = file;
      file = new AppendOnlyFile(path);
      former.close();
      lines = bound.size();
    }
    file.appendUnsynced(line);
    lines++;
  }

  @Override
  public synchronized void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
