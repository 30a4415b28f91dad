package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.ReadPreference;
import dev.tethys.collect.database.wire.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Selects the server of a connection string: the named host, or the member of its replica set that
 * matches the read preference, according to the members' status.
 */
public final class MongoTopology {
  /** A replica set has at most fifty members. */
  private static final int MAX_MEMBERS = 64;

  private final MongoUri uri;
  private final Duration timeLimit;
  private final Deadline deadline;
  private final Deadline selection;

  private MongoTopology(MongoUri uri, Duration timeLimit, Deadline deadline) {
    this.uri = uri;
    Duration own = uri.millis("connecttimeoutms");
    this.timeLimit = own == null ? timeLimit : own;
    Deadline d = deadline;
    for (String limit : List.of("sockettimeoutms", "timeoutms")) {
      Duration most = uri.millis(limit);
      d = most == null ? d : d.atMost(most);
    }
    this.deadline = d;
    Duration select = uri.millis("serverselectiontimeoutms");
    this.selection = select == null ? d : d.atMost(select);
  }

  /**
   * Connects and logs in.
   *
   * @param uri connection string with its hosts
   * @param direct whether its only host is queried, regardless of its kind
   * @param timeLimit connect timeout per server, if the string does not specify one
   * @param environment variables of the process
   * @throws IOException if there is no such server; the message holds no password
   */
  public static MongoConnection connect(
      MongoUri uri,
      boolean direct,
      Duration timeLimit,
      Deadline deadline,
      Function<String, @Nullable String> environment)
      throws IOException {
    MongoTopology t = new MongoTopology(uri, timeLimit, deadline);
    MongoConnection c =
        direct || uri.isLoadBalanced()
            ? MongoConnection.open(uri, uri.hosts().getFirst(), t.timeLimit, t.deadline)
            : t.select();
    try {
      boolean arbiter = c.hello().isTrue("arbiterOnly");
      if (!arbiter) { // it has no users
        MongoLogin.run(c, uri, environment);
      }
      c.prefer(
          direct && !isRouter(c.hello()) ? ReadPreference.PRIMARY_PREFERRED : uri.readPreference(),
          direct ? List.of() : uri.tagSets(),
          direct ? null : uri.maxStaleness());
      return c;
    } catch (IOException | RuntimeException e) {
      c.close();
      throw e;
    }
  }

  /**
   * Reuses an idle connection.
   *
   * @return false if it cannot be used: it was closed, the server's role changed, or the server is
   *     a secondary whose staleness only other members can tell
   */
  public static boolean wake(
      MongoConnection c, MongoUri uri, Duration timeLimit, Deadline deadline) {
    MongoTopology t = new MongoTopology(uri, timeLimit, deadline);
    Document before = c.hello();
    try {
      c.wake(uri, t.deadline);
      c.command("admin", Document.of("ping", 1)); // refused if the login is no longer valid
    } catch (IOException e) {
      return false;
    }
    Document now = c.hello();
    return (uri.maxStaleness() == null || !now.isTrue("secondary"))
        && isPrimary(before) == isPrimary(now)
        && before.isTrue("secondary") == now.isTrue("secondary")
        && before.text("setName").equals(now.text("setName"))
        && isRouter(before) == isRouter(now);
  }

  /** Whether the server is a {@code mongos}, according to its {@code hello} response. */
  public static boolean isRouter(Document hello) {
    return hello.text("msg").equals("isdbgrid");
  }

  private static boolean isPrimary(Document hello) {
    return hello.isTrue("ismaster") || hello.isTrue("isWritablePrimary");
  }

  private MongoConnection select() throws IOException {
    Deque<MongoHost> next = new ArrayDeque<>(uri.hosts());
    Set<String> known = new LinkedHashSet<>();
    uri.hosts().forEach(h -> known.add(h.toString()));
    List<String> problems = new ArrayList<>();
    List<Candidate> candidates = new ArrayList<>();
    while (!next.isEmpty()) {
      MongoHost host = next.removeFirst();
      long begin = System.nanoTime();
      MongoConnection c = open(host, problems);
      if (c == null) {
        continue;
      }
      Document hello = c.hello();
      for (String member : members(hello)) {
        MongoHost m = member(member, problems);
        if (m != null && known.size() < MAX_MEMBERS && known.add(m.toString())) {
          if (member.equals(hello.text("primary"))) {
            next.addFirst(m);
          } else {
            next.addLast(m);
          }
        }
      }
      Candidate found = Candidate.of(c, rank(hello), begin);
      if (found.rank == 1 && (uri.maxStaleness() == null || isPrimary(hello))) {
        candidates.forEach(x -> x.connection.close());
        return c;
      }
      candidates.add(found);
    }
    return best(candidates, problems);
  }

  private String describeSelection() {
    String set = uri.replicaSet();
    return uri.readPreference().text() + (set.isEmpty() ? "" : " of replica set " + set);
  }

  /**
   * Selects the best sufficiently fresh candidate, the nearest among equals, and closes all others.
   */
  private MongoConnection best(List<Candidate> candidates, List<String> problems)
      throws IOException {
    Candidate best = null;
    for (Candidate c : candidates) {
      boolean stale = c.rank > 0 && isStale(c, candidates);
      if (c.rank > 0 && !stale && (best == null || c.isBetter(best))) {
        best = c;
      } else if (c.rank == 0 || stale) {
        problems.add(
            c.connection.host() + ": " + (stale ? "too far behind" : "not " + describeSelection()));
      }
    }
    for (Candidate c : candidates) {
      if (c != best) {
        c.connection.close();
      }
    }
    if (best == null) {
      throw new IOException(
          "no server is " + describeSelection() + ": " + String.join("; ", problems));
    }
    return best.connection;
  }

  /**
   * Whether the lag of a secondary exceeds {@code maxStalenessSeconds}. The lag is relative to the
   * primary or, without one, to the most recent secondary, corrected for the times of the
   * responses.
   */
  private boolean isStale(Candidate c, List<Candidate> all) {
    Duration most = uri.maxStaleness();
    if (most == null || !c.hello().isTrue("secondary")) {
      return false;
    }
    Candidate primary = all.stream().filter(x -> isPrimary(x.hello())).findFirst().orElse(null);
    long behind =
        primary != null
            ? c.age() - primary.age()
            : all.stream()
                    .filter(x -> x.hello().isTrue("secondary"))
                    .mapToLong(Candidate::written)
                    .max()
                    .orElse(c.written())
                - c.written();
    return behind + uri.heartbeat().toMillis() > most.toMillis();
  }

  /**
   * Member that responded.
   *
   * @param rank result of {@link #rank}
   * @param took response time in nanoseconds
   * @param answered time of the response in milliseconds of a monotonic clock
   */
  private record Candidate(MongoConnection connection, int rank, long took, long answered) {
    static Candidate of(MongoConnection c, int rank, long began) {
      long now = System.nanoTime();
      return new Candidate(c, rank, now - began, TimeUnit.NANOSECONDS.toMillis(now));
    }

    Document hello() {
      return connection.hello();
    }

    boolean isBetter(Candidate other) {
      return rank < other.rank || rank == other.rank && took < other.took;
    }

    /** Returns the time of the last write in milliseconds; 0 if not reported. */
    long written() {
      return hello().at("lastWrite", "lastWriteDate") instanceof Instant i ? i.toEpochMilli() : 0;
    }

    long age() {
      return answered - written();
    }
  }

  private @Nullable MongoConnection open(MongoHost host, List<String> problems) {
    if (System.nanoTime() - selection.nanos() > 0) {
      problems.add(host + ": not contacted, the time limit was reached");
      return null;
    }
    try {
      return MongoConnection.open(uri, host, timeLimit, deadline);
    } catch (IOException e) {
      problems.add(host + ": " + e.getMessage());
      return null;
    }
  }

  private static @Nullable MongoHost member(String text, List<String> problems) {
    try {
      return MongoHost.parse(text);
    } catch (IllegalArgumentException e) {
      problems.add("a member " + text + ": " + e.getMessage());
      return null;
    }
  }

  private static List<String> members(Document hello) {
    List<String> out = new ArrayList<>(hello.texts("hosts"));
    out.addAll(hello.texts("passives"));
    return out;
  }

  /**
   * Ranks a member: 1 if it has the preferred role, 2 and above for acceptable fallbacks (lower is
   * better), 0 if it cannot be used.
   */
  private int rank(Document hello) {
    String set = hello.text("setName");
    if (!uri.replicaSet().isEmpty() && !uri.replicaSet().equals(set)) {
      return 0;
    }
    if (set.isEmpty()) {
      return hello.isTrue("isreplicaset") ? 0 : 1; // alone, or a router
    }
    boolean primary = isPrimary(hello);
    boolean secondary = hello.isTrue("secondary");
    int tagged = tagged(hello);
    boolean tags = tagged >= 0;
    return switch (uri.readPreference()) {
      case PRIMARY -> primary ? 1 : 0;
      case PRIMARY_PREFERRED -> primary ? 1 : secondary && tags ? 2 + tagged : 0;
      case SECONDARY -> secondary && tags ? 2 + tagged : 0;
      case SECONDARY_PREFERRED ->
          secondary && tags ? tagged == 0 ? 1 : 2 + tagged : primary ? Integer.MAX_VALUE - 1 : 0;
      case NEAREST -> (primary || secondary) && tags ? 2 + tagged : 0;
    };
  }

  /** Returns the index of the first tag set that the member matches completely; -1 for none. */
  private int tagged(Document hello) {
    List<Map<String, String>> sets = uri.tagSets();
    for (int i = 0; i < sets.size(); i++) {
      boolean all = true;
      for (Map.Entry<String, String> tag : sets.get(i).entrySet()) {
        all &= hello.text("tags", tag.getKey()).equals(tag.getValue());
      }
      if (all) {
        return i;
      }
    }
    return sets.isEmpty() ? 0 : -1;
  }
}
