package dev.tethys.control.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.control.source.SourceResources;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Objects of a cluster as files: each is a manifest. They are listed and watched, and get their
 * state as status. Until each kind was listed, there are no files at all, so that unreadable
 * objects are not mistaken for deleted ones.
 */
public final class ClusterFiles implements SourceFiles {
  private static final System.Logger LOG = JulLogger.of(ClusterFiles.class.getName());

  /** Maximum number of objects of a kind kept in memory; further ones are ignored. */
  private static final int MAX_OBJECTS = 10_000;

  /** Characters of an object that is read. */
  private static final int MAX_TEXT = 2 << 20;

  private final String base;
  private final ClusterStatus status;
  private final List<Watched> kinds = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  @GuardedBy("this")
  private Map<String, ClusterObject> read = Map.of(); // of the last snapshot

  @GuardedBy("this")
  private Map<String, String> leftOut = Map.of(); // reasons, of the last snapshot

  @GuardedBy("this")
  private Runnable changed = () -> {};

  /**
   * @param namespace namespace whose objects are read; "" for all
   * @param kinds kinds to read
   * @param status writer of the states
   */
  public ClusterFiles(
      String namespace,
      List<ClusterKind> kinds,
      ResourceWatch.Connection connection,
      ClusterStatus status) {
    this.base = connection.access().base();
    this.status = status;
    for (ClusterKind k : kinds) {
      Watched w =
          new Watched(k, new ResourceWatch.Scope(k.list(namespace), "", "", false), connection);
      this.kinds.add(w);
      threads.add(w.cache.thread("cluster-" + k.plural()));
    }
  }

  /** Objects of the same kind; its fields are guarded by the outer class. */
  private final class Watched implements ResourceCache.Listener<ClusterObject> {
    private final ClusterKind kind;
    private final ResourceCache<ClusterObject> cache;
    private boolean synced;
    private boolean isMissing;
    private String problem = "";

    Watched(ClusterKind kind, ResourceWatch.Scope scope, ResourceWatch.Connection connection) {
      this.kind = kind;
      this.cache = new ResourceCache<>(scope, connection, this, MAX_OBJECTS);
    }

    @Override
    public ClusterObject read(JsonNode object) {
      return ClusterObject.of(kind, object);
    }

    @Override
    public void changed(List<ResourceCache.Change<ClusterObject>> changes) {
      synchronized (ClusterFiles.this) {
        boolean isContent = !synced || isMissing;
        for (ResourceCache.Change<ClusterObject> c : changes) {
          ClusterObject before = c.before();
          ClusterObject after = c.after();
          // A status, such as one written here, is not a change of content.
          isContent |= before == null || after == null || !before.isContentOf(after);
          if (before != null && after != null && before.uid().equals(after.uid())) {
            status.observed(after);
          }
        }
        synced = true;
        isMissing = false;
        problem = "";
        if (isContent) {
          changed.run();
        }
      }
    }

    @Override
    public void synced() {
      LOG.log(Level.DEBUG, "Objects listed kind={0}", kind.kind());
    }

    @Override
    public void failed(String what, String reason) {
      fail(what + " failed: " + reason);
    }

    private void fail(String now) {
      boolean isNew;
      synchronized (ClusterFiles.this) {
        isNew = !now.equals(problem);
        problem = now;
      }
      if (isNew) {
        LOG.log(
            Level.WARNING,
            "Objects not read, keeping their known state kind={0} error=\"{1}\"",
            kind.kind(),
            now);
      }
    }

    /** Handles a missing definition: there are no objects. */
    @Override
    public void missing(String what, String reason) {
      fail(
          "the cluster has no "
              + kind.plural()
              + "."
              + kind.group()
              + (kind.isOwn()
                  ? "; install the output of tethys control crds with kubectl apply"
                  : ""));
      synchronized (ClusterFiles.this) {
        isMissing = true;
        synced = true;
        changed.run();
      }
    }
  }

  @Override
  public String place() {
    return base;
  }

  @Override
  public String word() {
    return "cluster";
  }

  @Override
  public String actorPrefix() {
    return "kubernetes:";
  }

  @Override
  public boolean mayAct() {
    return status.mayWrite();
  }

  @Override
  public void start(Runnable listener) {
    synchronized (this) {
      changed = listener;
    }
    status.start();
    threads.forEach(Thread::start);
  }

  @Override
  public synchronized @Nullable Snapshot read(String known) throws IOException {
    for (Watched w : kinds) {
      if (!w.synced) {
        if (w.problem.isEmpty()) {
          throw new NotReadyException(w.kind.kind() + " is not listed yet");
        }
        throw new IOException(w.kind.kind() + ": " + w.problem);
      }
    }
    List<ClusterObject> all = new ArrayList<>();
    for (Watched w : kinds) {
      if (!w.isMissing) {
        all.addAll(w.cache.objects().values());
      }
    }
    all.removeIf(ClusterObject::isDeleted);
    // The older of two that are mutually exclusive has effect.
    all.sort(Comparator.comparing(ClusterObject::created).thenComparing(ClusterObject::path));
    StringBuilder content = new StringBuilder();
    all.forEach(
        o ->
            content
                .append(o.path())
                .append(' ')
                .append(o.uid())
                .append(' ')
                .append(o.generation())
                .append('\n'));
    String commit = Texts.sha256(content.toString());
    if (commit.equals(known)) {
      return null;
    }
    List<File> files = new ArrayList<>();
    Map<String, String> without = new HashMap<>();
    Map<String, ClusterObject> now = new LinkedHashMap<>();
    long length = 0;
    for (ClusterObject o : all) {
      now.put(o.path(), o);
      int own = o.text().length();
      if (own > MAX_TEXT) {
        without.put(o.path(), "it has " + own + " characters; at most " + MAX_TEXT);
      } else if (files.size() >= MAX_FILES) {
        without.put(
            o.path(), "there are more than " + MAX_FILES + " objects; the oldest ones have effect");
      } else if (length + own > SourceResources.MAX_TEXT) {
        without.put(
            o.path(),
            "the objects have more than "
                + SourceResources.MAX_TEXT
                + " characters together; the oldest ones have effect");
      } else {
        length += own;
        files.add(o.file());
      }
    }
    read = now;
    leftOut = without;
    return new Snapshot(commit, "cluster", List.copyOf(files));
  }

  @Override
  public void took(Repository.State state) {
    if (state.commit().isEmpty()) {
      return; // there was no look yet
    }
    Map<String, ClusterObject> of;
    Map<String, String> without;
    synchronized (this) {
      of = read;
      without = leftOut;
    }
    status.show(of, without, state);
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    status.close();
  }
}
