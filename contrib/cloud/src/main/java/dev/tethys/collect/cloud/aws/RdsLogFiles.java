package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.InstanceLog;
import dev.tethys.web.cloud.XmlReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;

/**
 * Error logs of one instance, read from the end that they have at the first reading. Not
 * thread-safe.
 *
 * <p>The service names a position in a file by a marker; the next portion is read from it. A file
 * that appears later is read from its beginning.
 */
final class RdsLogFiles {
  /** Most portions of one file in a reading; the rest follows in the next one. */
  static final int MAX_PORTIONS = 8;

  private static final String VERSION = "2014-10-31";
  private static final String FOLDER = "error/";
  private static final String START = "0";

  /**
   * Files that MySQL empties every five minutes, after copying them to the running log, and older
   * copies of the running log.
   */
  private static final String COPIED = "error/(mysql-error\\.log|mysql-error-running\\.log\\..+)";

  /** Most files whose positions are kept; those written last stay. */
  static final int MAX_FILES = 500;

  /** Files whose ends are requested at the first reading: the newest. */
  private static final int ENDS = 3;

  private static final long LOOK_BACK_MILLIS = 3_600_000;

  private static final class File {
    String marker = "";
    long written;
    long size;
  }

  private final String instance;
  private final InstanceLog log;
  private final Map<String, File> files = new HashMap<>();
  private boolean started;

  RdsLogFiles(String instance, InstanceLog log) {
    this.instance = instance;
    this.log = log;
  }

  /** Reads what was written since the last reading. */
  void read(AwsCalls api, long nowMillis) throws CloudException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>();
    p.put("DBInstanceIdentifier", instance);
    p.put("FilenameContains", FOLDER);
    // All files at first, so that none of them is taken for a new one later.
    if (started) {
      p.put("FileLastWritten", Long.toString(nowMillis - LOOK_BACK_MILLIS));
    }
    p.put("MaxRecords", "1000");
    List<Element> found =
        api.list(AwsCalls.RDS, "DescribeDBLogFiles", VERSION, p, "DescribeDBLogFiles");
    List<Element> logs = new ArrayList<>();
    for (Element f : found) {
      String name = XmlReader.text(f, "LogFileName");
      if (name.startsWith(FOLDER) && !name.matches(COPIED)) {
        logs.add(f);
      }
    }
    logs.sort(Comparator.comparingLong(RdsLogFiles::written).reversed());
    CloudException problem = null;
    int ends = 0;
    for (Element f : logs.subList(0, Math.min(logs.size(), MAX_FILES))) {
      String name = XmlReader.text(f, "LogFileName");
      try {
        if (started) {
          read(api, name, written(f), RdsInstance.number(f, "Size"));
        } else {
          File file = new File();
          file.written = written(f);
          file.size = RdsInstance.number(f, "Size");
          file.marker = ends++ < ENDS ? end(api, name) : "";
          files.put(name, file);
        }
      } catch (CloudException e) {
        problem = e;
        if (e.failure() != Failure.ABSENT && e.failure() != Failure.ANSWER) {
          break;
        }
      }
    }
    log.flush();
    while (files.size() > MAX_FILES) {
      files.remove(
          Collections.min(files.entrySet(), Comparator.comparingLong(e -> e.getValue().written))
              .getKey());
    }
    if (problem != null) {
      throw problem;
    }
    started = true;
  }

  private static long written(Element f) {
    return RdsInstance.number(f, "LastWritten");
  }

  private void read(AwsCalls api, String name, long written, long size)
      throws CloudException, InterruptedException {
    File f = files.get(name);
    if (f == null) {
      f = new File();
      f.marker = START;
      files.put(name, f);
    }
    if (size < f.size) {
      f.marker = START; // emptied
    }
    f.size = size;
    if (written <= f.written) {
      return;
    }
    if (f.marker.isEmpty()) {
      f.marker = end(api, name);
      f.written = written;
      return;
    }
    for (int i = 0; i < MAX_PORTIONS; i++) {
      Element portion;
      try {
        portion = portion(api, name, Map.of("Marker", f.marker));
      } catch (CloudException e) {
        if (e.failure() == Failure.ANSWER) {
          // The portion cannot be read, such as one with control characters: continue after it.
          f.marker = "";
        }
        throw e;
      }
      log.add(text(portion));
      String next = XmlReader.text(portion, "Marker");
      boolean more = XmlReader.text(portion, "AdditionalDataPending").equals("true");
      boolean moved = !next.isEmpty() && !next.equals(f.marker);
      if (moved) {
        f.marker = next;
      }
      if (!more || !moved) {
        f.written = written;
        return;
      }
    }
  }

  /** Text with its line breaks, which the reader of fields would strip. */
  private static String text(Element portion) {
    Element data = XmlReader.child(portion, "LogFileData");
    return data == null ? "" : data.getTextContent();
  }

  private String end(AwsCalls api, String name) throws CloudException, InterruptedException {
    String marker = XmlReader.text(portion(api, name, Map.of("NumberOfLines", "1")), "Marker");
    return marker.isEmpty() ? START : marker;
  }

  private Element portion(AwsCalls api, String name, Map<String, String> more)
      throws CloudException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>();
    p.put("DBInstanceIdentifier", instance);
    p.put("LogFileName", name);
    p.putAll(more);
    return api.query(AwsCalls.RDS, "DownloadDBLogFilePortion", VERSION, p);
  }
}
