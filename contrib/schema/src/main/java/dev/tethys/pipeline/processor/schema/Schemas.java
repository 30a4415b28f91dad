package dev.tethys.pipeline.processor.schema;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Schema files of a directory and of the web, for all pipelines that use one processor.
 *
 * <p>A file contains the changes of all versions up to its own. Therefore the newer of both
 * versions selects the file, and any newer file of the family works as well. Files are fetched in
 * the background when data needs them.
 */
final class Schemas {
  /** Directory and downloads of schema files. */
  record Source(
      String directory,
      List<SchemaUrl> prefetch,
      Duration timeout,
      Duration cooldown,
      long retryLimit) {}

  /** Translation, or the reason why there is none. */
  record Answer(@Nullable Translation translation, @Nullable Untranslated reason) {}

  /** Maximum number of URLs that data may request, and of log lines about them. */
  private static final int MAX_URLS = 100;

  private static final int MAX_FILES = 1000;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** A URL that was requested. */
  private static final class Attempt {
    boolean underWay;
    boolean failed;
    int failures; // in a row since the last cooldown
    long notBefore;
    Untranslated reason = Untranslated.PENDING;
  }

  private record Way(SchemaUrl from, SchemaVersion to) {}

  private final Source source;
  private final CredentialDependencies.Caller caller;
  private final Map<Way, Answer> answers = new ConcurrentHashMap<>();

  @GuardedBy("this")
  private final Map<String, NavigableMap<SchemaVersion, SchemaFile>> files = new HashMap<>();

  @GuardedBy("this")
  private final Map<SchemaUrl, Attempt> attempts = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, SchemaVersion> fetched = new HashMap<>();

  @GuardedBy("this")
  private final Set<String> logged = new HashSet<>();

  @GuardedBy("this")
  private boolean started;

  Schemas(Source source, CredentialDependencies.Caller caller) {
    this.source = source;
    this.caller = caller;
  }

  /**
   * Reads the directory, and starts fetching the configured files without waiting. Later calls do
   * nothing.
   *
   * @throws ConfigException with the position of an error in a file
   * @throws IOException if the directory cannot be read
   */
  synchronized void start(Scheduler clock, System.Logger log) throws IOException {
    if (started) {
      return;
    }
    if (!source.directory().isEmpty()) {
      readDirectory(Path.of(source.directory()));
    }
    started = true;
    for (SchemaUrl u : source.prefetch()) {
      if (file(u) == null) {
        fetch(u, attempts.computeIfAbsent(u, _ -> new Attempt()), clock, log);
      }
    }
  }

  @GuardedBy("this")
  private void readDirectory(Path directory) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.list(directory)) {
      paths =
          all.filter(p -> !p.getFileName().toString().startsWith(".") && Files.isRegularFile(p))
              .sorted()
              .limit(MAX_FILES + 1L)
              .toList();
    }
    if (paths.size() > MAX_FILES) {
      throw new IOException(
          "directory " + directory + " of schemas has more than " + MAX_FILES + " files");
    }
    for (Path p : paths) {
      long size = Files.size(p);
      if (size > SchemaFile.MAX_BYTES) {
        throw new ConfigException(p.toString(), tooLarge(size));
      }
      SchemaFile f = SchemaFile.parse(p.toString(), YamlDocument.text(p));
      String version = f.url().version().toString();
      String name = p.getFileName().toString();
      if (!name.equals(version)
          && !name.startsWith(version + ".")
          && !name.startsWith(version + "-")) {
        throw new ConfigException(
            p.toString(),
            "the name of a schema file is its version, perhaps with . or - and more after it, and"
                + " schema_url here is "
                + f.url());
      }
      if (ofFamily(f).put(f.url().version(), f) != null) {
        throw new ConfigException(p.toString(), "another file has the same schema_url " + f.url());
      }
    }
  }

  private static String tooLarge(long size) {
    return "has " + size + " bytes; schema files have at most " + SchemaFile.MAX_BYTES;
  }

  @GuardedBy("this")
  private NavigableMap<SchemaVersion, SchemaFile> ofFamily(SchemaFile f) {
    return files.computeIfAbsent(f.url().family(), _ -> new TreeMap<>());
  }

  /** Returns the oldest known file that includes a version; null if there is none. */
  @GuardedBy("this")
  private @Nullable SchemaFile file(SchemaUrl url) {
    NavigableMap<SchemaVersion, SchemaFile> known = files.get(url.family());
    Map.Entry<SchemaVersion, SchemaFile> e =
        known == null ? null : known.ceilingEntry(url.version());
    return e == null ? null : e.getValue();
  }

  /**
   * Finds the translation between two versions, and requests a missing file.
   *
   * @param from URL of the data
   * @param to version of the target in the same family
   */
  Answer find(SchemaUrl from, SchemaVersion to, Scheduler clock, System.Logger log) {
    Answer a = answers.get(new Way(from, to));
    return a == null ? resolve(from, to, clock, log) : a;
  }

  private synchronized Answer resolve(
      SchemaUrl from, SchemaVersion to, Scheduler clock, System.Logger log) {
    boolean up = from.version().compareTo(to) < 0;
    SchemaUrl newest = up ? new SchemaUrl(from.family(), to) : from;
    SchemaFile f = file(newest);
    if (f == null) {
      return refused(ask(newest, clock, log));
    }
    if (!f.contains(from.version()) || !f.contains(to)) {
      logOnce(
          log,
          from.toString(),
          "telemetry of "
              + from
              + " is not translated: schema "
              + f.url()
              + " has no version "
              + (f.contains(to) ? from.version() : to));
      return refused(Untranslated.UNKNOWN_VERSION);
    }
    for (Revision r : f.between(from.version(), to)) {
      if (!r.split().isEmpty()) {
        logOnce(
            log,
            from.toString(),
            "telemetry of "
                + from
                + " is not translated to "
                + to
                + ": the metric change split is not supported; it is used at "
                + r.split());
        return refused(Untranslated.SPLIT);
      }
    }
    Answer a = new Answer(new Translation(f.between(from.version(), to), up), null);
    answers.put(new Way(from, to), a);
    return a;
  }

  private static Answer refused(Untranslated reason) {
    return new Answer(null, reason);
  }

  /** Fetches a file unless that is under way or was tried a moment ago. */
  @GuardedBy("this")
  private Untranslated ask(SchemaUrl url, Scheduler clock, System.Logger log) {
    Attempt a = attempts.get(url);
    if (a == null) {
      if (attempts.size() >= MAX_URLS) {
        logOnce(
            log,
            "",
            "telemetry names more than "
                + MAX_URLS
                + " versions of schemas; others, such as "
                + url
                + ", are not fetched");
        return Untranslated.TOO_MANY_VERSIONS;
      }
      a = new Attempt();
      attempts.put(url, a);
    }
    if (!a.underWay && (!a.failed || clock.nanos() - a.notBefore >= 0)) {
      fetch(url, a, clock, log);
    }
    return a.reason;
  }

  private void fetch(SchemaUrl url, Attempt a, Scheduler clock, System.Logger log) {
    a.underWay = true;
    clock.execute("schema", () -> load(url, a, clock, log));
  }

  private void load(SchemaUrl url, Attempt a, Scheduler clock, System.Logger log) {
    SchemaFile f = null;
    Exception failure = null;
    try {
      f = SchemaFile.parse(url.toString(), download(url));
      if (!f.url().equals(url)) {
        throw new ConfigException(url.toString(), "the schema_url of the file is " + f.url());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = e;
    } catch (IOException | RuntimeException e) {
      failure = e;
    }
    done(url, a, failure == null ? f : null, failure, clock, log);
  }

  private synchronized void done(
      SchemaUrl url,
      Attempt a,
      @Nullable SchemaFile file,
      @Nullable Exception failure,
      Scheduler clock,
      System.Logger log) {
    a.underWay = false;
    if (file != null) {
      keep(file);
      attempts.remove(url);
      log.log(Level.INFO, "fetched schema {0}", url);
      return;
    }
    a.failed = true;
    a.failures++;
    a.reason = failure instanceof ConfigException ? Untranslated.BROKEN : Untranslated.UNAVAILABLE;
    boolean cool = a.failures >= source.retryLimit();
    Duration pause =
        cool ? source.cooldown() : FIRST_PAUSE.multipliedBy(1L << Math.min(a.failures - 1, 6));
    a.notBefore = clock.nanos() + pause.toNanos();
    if (cool) {
      a.failures = 0;
    }
    logOnce(
        log,
        url.toString(),
        "telemetry is not translated because schema "
            + url
            + " cannot be fetched, retrying: "
            + (failure == null ? "" : String.valueOf(failure.getMessage())));
  }

  /**
   * Keeps a file. It contains the changes of older ones, so one per family is enough in addition to
   * the directory.
   */
  @GuardedBy("this")
  private void keep(SchemaFile file) {
    if (file(file.url()) != null) {
      return;
    }
    NavigableMap<SchemaVersion, SchemaFile> known = ofFamily(file);
    SchemaVersion older = fetched.put(file.url().family(), file.url().version());
    if (older != null) {
      known.remove(older);
    }
    known.put(file.url().version(), file);
  }

  private String download(SchemaUrl url) throws IOException, InterruptedException {
    ClientRequest call =
        ClientRequest.get(URI.create(url.toString())).withTimeout(source.timeout());
    try (ClientResponse r = caller.send(call)) {
      if (r.status() / 100 != 2) {
        throw new IOException(url + " answered with status " + r.status());
      }
      byte[] body = r.bytes(SchemaFile.MAX_BYTES);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new ConfigException(url.toString(), "the file is not UTF-8");
    } catch (ClientResponse.TooLargeException e) {
      throw new ConfigException(
          url.toString(), "schema files have at most " + SchemaFile.MAX_BYTES + " bytes");
    }
  }

  @GuardedBy("this")
  private void logOnce(System.Logger log, String about, String line) {
    if (logged.size() <= 2 * MAX_URLS && logged.add(about)) {
      log.log(Level.WARNING, line);
    }
  }
}
