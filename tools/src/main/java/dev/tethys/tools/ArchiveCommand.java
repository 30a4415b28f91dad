package dev.tethys.tools;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.archive.ArchiveReader;
import dev.tethys.pipeline.archive.S3Archive;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Retry;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code archive}: segments and replays of an archive, also while a process writes it. */
final class ArchiveCommand {
  private static final FileAccess FILES = new RealFiles();
  private static final Duration TIMEOUT = Duration.ofMinutes(1);
  private static final Pattern S3 = Pattern.compile("s3://([^/?]+)(/[^?]*)?(?:\\?(.*))?");

  private ArchiveCommand() {}

  static Command command() {
    return new Command(
        "archive",
        "<directory or s3://bucket/prefix?region=…>",
        "Show the segments and replays of an archive of pipelines. A process may be writing it."
            + " Keys of the s3 block may follow the prefix, such as region, endpoint,"
            + " force_path_style=true and profile; credentials are taken from the environment.",
        List.of(),
        1,
        1,
        ArchiveCommand::show);
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    String place = a.operands().getFirst();
    if (place.startsWith("s3://")) {
      S3Settings s3 = s3(place);
      try (HttpClientFactory http =
          new HttpClientFactory("tethys/" + BuildInfo.current().version())) {
        S3Client client =
            new S3Client(s3.location(), http, TIMEOUT, InstantSource.system(), S3Retry.USUAL);
        return segments(new ArchiveReader(new S3Archive(client, s3)).segments(), place, console);
      }
    }
    Path folder = Path.of(place);
    int status = segments(new ArchiveReader(FILES, folder).segments(), place, console);
    if (status == 0) {
      replays(folder.resolve(Archive.REPLAYS), console);
    }
    return status;
  }

  /** Parses the S3 settings in a URL. */
  private static S3Settings s3(String url) throws IOException {
    Matcher m = S3.matcher(url);
    if (!m.matches()) {
      throw new IOException(url + " must be s3://bucket/prefix?region=…");
    }
    StringBuilder yaml = new StringBuilder("{");
    entry(yaml, "bucket", Objects.requireNonNullElse(m.group(1), ""));
    entry(yaml, "prefix", Objects.requireNonNullElse(m.group(2), ""));
    for (String pair : Objects.requireNonNullElse(m.group(3), "").split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      String[] kv = pair.split("=", 2);
      String value = kv.length > 1 ? URLDecoder.decode(kv[1], StandardCharsets.UTF_8) : "true";
      if (kv[0].equals("force_path_style")) {
        yaml.append("force_path_style: ").append(value).append(", ");
      } else {
        entry(yaml, kv[0], value);
      }
    }
    return S3Settings.TYPE.read(YamlDocument.parse(url, null, yaml.append("}").toString()).root());
  }

  private static void entry(StringBuilder yaml, String key, String value) {
    yaml.append(key).append(": '").append(value.replace("'", "''")).append("', ");
  }

  private static int segments(
      List<ArchiveReader.SegmentInfo> segments, String place, Console console) {
    if (segments.isEmpty()) {
      console.err().println("there is no archive in " + place);
      return 1;
    }
    Table t = new Table();
    t.row("SEGMENT", "BYTES", "SIGNAL", "REQUESTS", "ITEMS", "FROM", "TO");
    for (ArchiveReader.SegmentInfo s : segments) {
      Map<String, Sum> bySignal = new TreeMap<>();
      for (Archive.Entry e : s.entries()) {
        bySignal
            .computeIfAbsent(e.summary().signal().name().toLowerCase(Locale.ROOT), _ -> new Sum())
            .add(e);
      }
      bySignal.forEach(
          (signal, n) ->
              t.row(
                  Long.toString(s.number()),
                  s.bytes(),
                  signal,
                  n.requests,
                  n.items,
                  time(n.min),
                  time(n.max)));
    }
    t.print(console.out());
    return 0;
  }

  private static String time(long nanos) {
    return nanos == 0 ? "-" : Instant.ofEpochMilli(nanos / 1_000_000).toString();
  }

  private static void replays(Path folder, Console console) throws IOException {
    Table t = new Table();
    t.row("REPLAY", "STATE", "ITEMS", "SEGMENT", "LAST SEGMENT");
    boolean any = false;
    for (Path p : FILES.list(folder)) {
      String name = String.valueOf(p.getFileName());
      if (name.endsWith(".json")) {
        JsonNode n;
        try {
          n = JsonMapper.shared().readTree(new String(FILES.read(p), StandardCharsets.UTF_8));
        } catch (JacksonException e) {
          throw new IOException(p + " is damaged", e);
        }
        t.row(
            name.substring(0, name.length() - ".json".length()),
            n.path("done").asBoolean(false) ? "done" : "incomplete",
            n.path("items").asLong(0),
            n.path("segment").asLong(0),
            n.path("endSegment").asLong(0));
        any = true;
      }
    }
    if (any) {
      console.out().println();
      t.print(console.out());
    }
  }

  /** Counts of one signal in a segment. */
  private static final class Sum {
    private long requests;
    private long items;
    private long min;
    private long max;

    void add(Archive.Entry e) {
      requests++;
      items += e.summary().items();
      long from = e.summary().minNanos();
      if (from != 0) {
        min = min == 0 ? from : Math.min(min, from);
        max = Math.max(max, e.summary().maxNanos());
      }
    }
  }
}
