package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.RecordEnds;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.operators.Sizes;
import dev.tethys.pipeline.server.ServerTlsSettings;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Settings of log input over TCP or UDP.
 *
 * @param tls null without TLS
 * @param max maximum record size in bytes; longer records are truncated
 * @param whole whether a whole connection, or packet, is one record
 * @param records splits records of several lines by their first or last lines; null for lines
 * @param addresses whether records have the addresses of their peers
 */
record SocketLogSettings(
    boolean tcp,
    String address,
    @Nullable ServerTlsSettings tls,
    int max,
    Charset encoding,
    boolean leading,
    boolean trailing,
    boolean whole,
    @Nullable RecordEnds records,
    boolean addresses) {

  private static final Section ASYNC = new Section("async", "Threads for packets.");

  static {
    ASYNC.key("readers", Type.INT, 1L, "No effect: one thread reads packets.");
    ASYNC.key("processors", Type.INT, 1L, "No effect: one thread reads packets.");
    ASYNC.key(
        "max_queue_length",
        Type.INT,
        100L,
        "No effect: packets wait in the socket buffer of the kernel.");
  }

  /** Keys of TCP or UDP. */
  static final class Keys {
    private final boolean tcp;
    private final Key<String> address;
    private final @Nullable Key<ServerTlsSettings> tls;
    private final @Nullable Key<Long> max;
    private final Key<String> encoding;
    private final Key<Boolean> leading;
    private final Key<Boolean> trailing;
    private final Key<Boolean> whole;
    private final Key<RecordEnds> multiline;
    private final Key<Boolean> addresses;

    Keys(Section s, boolean tcp) {
      this.tcp = tcp;
      address = s.required("listen_address", Type.STRING, "Address to listen on: host:port.");
      encoding = s.key("encoding", Type.STRING, "utf-8", "Text encoding of the data.");
      leading =
          s.key(
              "preserve_leading_whitespaces",
              Type.BOOL,
              false,
              "If true, leading white space is kept.");
      trailing =
          s.key(
              "preserve_trailing_whitespaces",
              Type.BOOL,
              false,
              "If true, trailing white space is kept.");
      whole =
          s.key(
              "one_log_per_packet",
              Type.BOOL,
              false,
              "If true, everything in a connection or a packet is one record.");
      addresses =
          s.key(
              "add_attributes",
              Type.BOOL,
              false,
              "If true, attributes net.* with the addresses of both sides are added.");
      multiline =
          s.optional(
              "multiline",
              FileLogSettings.Keys.MULTILINE_TYPE,
              "Records of several lines in a connection or a packet.");
      if (tcp) {
        tls = s.optional("tls", ServerTlsSettings.TYPE, "TLS settings of the server.");
        max = s.key("max_log_size", Sizes.TYPE, 1L << 20, "Maximum size of a record in bytes.");
      } else {
        tls = null;
        max = null;
        s.optional("async", ASYNC.type(o -> o), "No effect: one thread reads packets.");
      }
    }

    SocketLogSettings read(YamlObject o) {
      long most = max == null ? 65_535 : o.get(max);
      if (max != null && (most < 1 || most > 64 << 20)) {
        throw o.error(max, "max_log_size must be from 1 byte to 64 MiB");
      }
      RecordEnds records = o.find(multiline);
      Charset charset = FileLogSettings.charset(o, encoding);
      if (records != null && o.get(whole)) {
        throw o.error(multiline, "a record is a whole packet already: one_log_per_packet");
      }
      if (records != null) {
        FileLogSettings.checkRecords(o, multiline, charset);
      }
      ServerTlsSettings t = tls == null ? null : o.find(tls);
      return new SocketLogSettings(
          tcp,
          o.get(address),
          t,
          (int) most,
          charset,
          o.get(leading),
          o.get(trailing),
          o.get(whole),
          records,
          o.get(addresses));
    }
  }
}
