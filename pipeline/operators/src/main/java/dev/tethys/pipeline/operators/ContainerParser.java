package dev.tethys.pipeline.operators;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.codec.time.GoLayout;
import dev.tethys.codec.time.TimeFormat;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Parses lines of container engines: Docker's JSON, and {@code TIME STREAM TAG LINE} of CRI-O and
 * containerd, with partial lines joined. Reads pod attributes from the file path.
 */
final class ContainerParser implements Operator.Action {
  /** The form of lines; null has it found for each. */
  enum Format {
    DOCKER,
    CRIO,
    CONTAINERD
  }

  private static final Pattern POD =
      Pattern.compile("^.*[/\\\\]([^_]+)_([^_]+)_([a-f0-9-]+)[/\\\\]([^._]+)[/\\\\](\\d+)\\.log$");
  private static final String[] POD_KEYS = {
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "k8s.container.name",
    "k8s.container.restart_count"
  };

  private final @Nullable Format format;
  private final boolean metadata;
  private final Field from;
  private final Field to;
  private final Operator.Change more;
  private final TimeFormat times = TimeFormat.of("RFC3339Nano", null);
  private final Recombine parts;

  ContainerParser(
      @Nullable Format format,
      boolean metadata,
      Field from,
      Field to,
      Operator.Change more,
      Recombine parts) {
    this.format = format;
    this.metadata = metadata;
    this.from = from;
    this.to = to;
    this.more = more;
    this.parts = parts;
  }

  @Override
  public void process(Entry e, Operator self) throws OperatorException, InterruptedException {
    if (!(from.get(e) instanceof String line)) {
      throw new OperatorException("there is no string at " + from + " to parse");
    }
    boolean docker = format == Format.DOCKER || format == null && line.startsWith("{");
    Attributes found = docker ? docker(line) : cri(line);
    Object log = found.get("log");
    Object stream = found.get("stream");
    Object time = found.get("time");
    if (log == null || stream == null || !(time instanceof String t)) {
      throw new OperatorException("the line lacks one of log, stream and time");
    }
    long nanos = times.read(t, 0);
    if (nanos == GoLayout.NONE) {
      throw new OperatorException("\"" + t + "\" is not an RFC 3339 time");
    }
    Attributes pod = metadata ? pod(e.record()) : null;
    for (String k : new String[] {"log", "stream", "time"}) {
      found.remove(k);
    }
    if (!found.isEmpty()) {
      to.set(e, found);
    }
    to.child("log.iostream").set(e, stream);
    LogRecord r = e.record();
    r.setBody(log);
    r.setTimeUnixNano(nanos);
    if (pod != null) {
      e.resource().putAll(pod);
    }
    more.apply(e);
    if (docker) {
      self.emit(e);
    } else {
      parts.process(e, self);
    }
  }

  private static Attributes docker(String line) throws OperatorException {
    return TextParsers.json(line);
  }

  /** Parses a CRI line; hand-written for speed, since this is the main work of a node's agent. */
  private static Attributes cri(String line) throws OperatorException {
    int a = line.indexOf(' ');
    int b = a < 0 ? -1 : line.indexOf(' ', a + 1);
    String stream = b < 0 ? "" : line.substring(a + 1, b);
    if (!stream.equals("stdout") && !stream.equals("stderr")) {
      throw new OperatorException("the line is not in the format of docker, crio or containerd");
    }
    int c = line.indexOf(' ', b + 1);
    Attributes out = new Attributes();
    out.add("time", line.substring(0, a));
    out.add("stream", stream);
    out.add("logtag", line.substring(b + 1, c < 0 ? line.length() : c));
    out.add("log", c < 0 ? "" : line.substring(c + 1));
    return out;
  }

  private static Attributes pod(LogRecord r) throws OperatorException {
    if (!(r.attributes().get("log.file.path") instanceof String path)) {
      throw new OperatorException(
          "the attribute log.file.path with the pod is missing: set include_file_path, or"
              + " add_metadata_from_filepath: false");
    }
    Matcher m = POD.matcher(path);
    if (!m.find()) {
      throw new OperatorException(path + " is not the path of a pod's log");
    }
    Attributes out = new Attributes();
    for (int i = 0; i < POD_KEYS.length; i++) {
      out.add(POD_KEYS[i], m.group(i + 1));
    }
    return out;
  }

  @Override
  public void tick(long nanos, Operator self) throws InterruptedException {
    parts.tick(nanos, self);
  }

  @Override
  public void flush(Operator self) throws InterruptedException {
    parts.flush(self);
  }
}
