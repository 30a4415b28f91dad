package dev.tethys.contrib.clusteragent;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answer of {@code /v1/config}, in the form of Coroot. */
final class InstrumentationJson {
  static final String PATH = "/v1/config";

  /** Parameter that asks for databases without credentials, too; Coroot ignores it. */
  static final String INCOMPLETE = "incomplete";

  private static final int MAX_TEXT = 1024;
  private static final String LIST = "application_instrumentation";

  private InstrumentationJson() {}

  /**
   * Databases of an answer.
   *
   * @param note what was not read, with the reason; empty if all was
   */
  record Answer(List<FoundDatabase> databases, String note) {
    static final Answer EMPTY = new Answer(List.of(), "");
  }

  /**
   * Reads an answer. Entries that are not usable are left out and named in the note.
   *
   * @throws CodecException if it is not one
   */
  static Answer read(byte[] text, String foundBy) {
    if (!(JsonValues.read(text, 0, text.length) instanceof Attributes root)) {
      throw new CodecException("the answer is not a JSON object");
    }
    Object list = root.get(LIST);
    if (list != null && !(list instanceof ArrayValue)) {
      throw new CodecException(LIST + " is not a list");
    }
    List<FoundDatabase> out = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    int refused = 0;
    if (list instanceof ArrayValue entries) {
      for (int i = 0; i < entries.size(); i++) {
        FoundDatabase d = entries.get(i) instanceof Attributes a ? database(a, foundBy) : null;
        if (d == null) {
          refused++;
        } else if (out.size() < TargetMerge.MAX_FOUND) {
          out.add(d);
        }
      }
      int usable = entries.size() - refused;
      if (usable > TargetMerge.MAX_FOUND) {
        notes.add(usable + " databases; at most " + TargetMerge.MAX_FOUND + " are read");
      }
    }
    if (refused > 0) {
      notes.add(refused + " entries without a known type, host and port");
    }
    if (root.get("aws_config") instanceof Attributes) {
      notes.add("aws_config is not supported: set aws in the agent's file");
    }
    return new Answer(List.copyOf(out), String.join("; ", notes));
  }

  private static @Nullable FoundDatabase database(Attributes a, String foundBy) {
    DatabaseEngine engine = DatabaseEngine.ofSystem(text(a, "type"));
    String host = text(a, "host");
    int port = port(a.get("port"));
    if (engine == null || port == 0 || !FoundDatabase.isHost(host)) {
      return null;
    }
    String user = "";
    String password = "";
    if (a.get("credentials") instanceof Attributes c) {
      user = text(c, "username");
      password = text(c, "password");
    }
    EncryptionMode mode = EncryptionMode.PLAIN;
    if (a.get("params") instanceof Attributes p) {
      mode = EncryptionMode.of(engine, text(p, engine == DatabaseEngine.MYSQL ? "tls" : "sslmode"));
    }
    TlsConfig tls = mode.tls();
    // Without credentials the login is left to those of the agent's file.
    DatabaseLogin login =
        user.isEmpty() && password.isEmpty()
            ? null
            : DatabaseLogin.of(user, new Secret(password), "", tls);
    return new FoundDatabase(
        engine, host, port, text(a, "instance"), foundBy, login, mode.problem(), Set.of());
  }

  private static int port(@Nullable Object port) {
    String text = String.valueOf(port);
    if (!text.matches("\\d{1,5}")) {
      return 0;
    }
    int n = Integer.parseInt(text);
    return n >= 1 && n <= 65_535 ? n : 0;
  }

  private static String text(Attributes a, String key) {
    return a.get(key) instanceof String s && s.length() <= MAX_TEXT ? s : "";
  }

  /**
   * Writes an answer.
   *
   * @param passwords whether credentials are in it
   * @param incomplete whether databases are in it whose login is not
   */
  static String write(List<DatabaseTarget> targets, boolean passwords, boolean incomplete) {
    ArrayValue list = new ArrayValue();
    for (DatabaseTarget t : targets) {
      String user = t.server().user();
      Secret password = Secret.NONE;
      boolean known = t.obstacle() == null && passwords;
      if (known) {
        try {
          password = t.server().password().password();
        } catch (IOException e) {
          known = false; // its file cannot be read now
        }
      }
      boolean anonymous = !t.engine().needsLogin() && user.isEmpty();
      if (!known && !incomplete && !anonymous) {
        continue;
      }
      Attributes m = new Attributes();
      m.put("type", t.engine().text());
      m.put("host", t.server().host());
      m.put("port", Integer.toString(t.server().port()));
      if (known && !(user.isEmpty() && password.isEmpty())) {
        Attributes credentials = new Attributes();
        credentials.put("username", user);
        credentials.put("password", password.value());
        m.put("credentials", credentials);
        Attributes params = new Attributes();
        EncryptionMode.params(t.engine(), t.server().tls(), params);
        m.put("params", params);
      }
      m.put("instance", t.name());
      list.add(m);
    }
    Attributes root = new Attributes();
    root.put(LIST, list);
    return JsonValues.write(root);
  }
}
