package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Binary protocol of memcached, and Couchbase's, which extends it: framing extras, collections,
 * buckets, messages that the server starts.
 *
 * <p>Answers are matched by the opaque number, in order where a client sends the same with all.
 * Quiet commands without a response are complete once a later one has a response. Keys are kept,
 * values are not.
 */
final class MemcachedBinaryParser extends ProtocolParser {
  private static final int HEADER = 24;
  private static final int REQUEST = 0x80;
  private static final int ANSWER = 0x81;
  private static final int FRAMED_REQUEST = 0x08;
  private static final int FRAMED_ANSWER = 0x18;
  private static final int SERVER_REQUEST = 0x82;
  private static final int SERVER_ANSWER = 0x83;

  private static final int LARGEST = 64 << 20;
  private static final int READ = 512;
  private static final int LONGEST_KEY = 255;
  private static final int LONGEST_NAME = 255;
  private static final int DATA_TYPES = 7;
  private static final int VBUCKETS = 1024;

  /** Most quiet commands that are open at a time. */
  private static final int MOST_QUIET = 1024;

  private static final int COLLECTIONS = 0x12;
  private static final int EXTRAS_OF_COLLECTION = 12;

  /** Number of the collection that documents without one are in. */
  private static final long DEFAULT_COLLECTION = 0;

  private final boolean couchbase;
  private String bucket = "";
  private final StatementTexts collections = new StatementTexts();

  /** Whether keys start with the number of a collection; null while that was not seen. */
  private @Nullable Boolean withCollections;

  /** True once two open requests have had the same number. */
  private boolean inOrder;

  /** Quiet commands that are open. */
  private int quiet;

  MemcachedBinaryParser(Requests requests) {
    super(requests);
    couchbase = requests.protocol() == Protocol.COUCHBASE;
  }

  /**
   * Message header.
   *
   * @param vbucket bucket of the key; of a response its status
   */
  private record Packet(
      int magic,
      int opcode,
      int framing,
      int key,
      int extras,
      int dataType,
      int vbucket,
      long body,
      long opaque) {
    /** Reads a header whose bytes are visible; returns null if they are not a header. */
    static @Nullable Packet read(StreamBuffer in) {
      int magic = in.u8(0);
      boolean framed = magic == FRAMED_REQUEST || magic == FRAMED_ANSWER;
      if (!framed && (magic < REQUEST || magic > SERVER_ANSWER)) {
        return null;
      }
      Packet p =
          new Packet(
              magic,
              in.u8(1),
              framed ? in.u8(2) : 0,
              framed ? in.u8(3) : in.u16(2),
              in.u8(4),
              in.u8(5),
              in.u16(6),
              in.i32(8) & 0xffff_ffffL,
              in.i32(12));
      return p.value() < 0 || p.body > LARGEST || p.dataType > DATA_TYPES ? null : p;
    }

    long value() {
      return body - framing - extras - key;
    }

    int keyAt() {
      return HEADER + framing + extras;
    }

    long size() {
      return HEADER + body;
    }

    boolean isRequest() {
      return magic == REQUEST || magic == FRAMED_REQUEST;
    }

    boolean isAnswer() {
      return magic == ANSWER || magic == FRAMED_ANSWER;
    }

    /** True if memcached does not support such a request. */
    boolean isOfCouchbase() {
      return magic == FRAMED_REQUEST
          || opcode == MemcachedCommand.HELLO
          || opcode > MemcachedCommand.SASL_STEP
          || vbucket != 0
          || dataType != 0;
    }
  }

  /** True for a request that memcached knows. */
  static boolean isMemcached(StreamBuffer in) {
    Packet p = request(in);
    return p != null && !p.isOfCouchbase();
  }

  /** True for a request that only Couchbase supports. */
  static boolean isCouchbase(StreamBuffer in) {
    Packet p = request(in);
    return p != null && p.isOfCouchbase();
  }

  private static @Nullable Packet request(StreamBuffer in) {
    if (in.available() < HEADER || in.u8(0) != REQUEST && in.u8(0) != FRAMED_REQUEST) {
      return null;
    }
    Packet p = Packet.read(in);
    if (p == null || p.key > LONGEST_KEY || p.vbucket >= VBUCKETS || !framesFit(in, p)) {
      return null;
    }
    if (in.available() < p.keyAt() + p.key && !in.truncated()) {
      return null;
    }
    // Only responses to changes of a document have its version.
    boolean noVersion = in.i64(16) == 0;
    MemcachedCommand command = MemcachedCommand.of(p.opcode);
    return command.fits(p.key, p.extras, p.value())
            && (noVersion || command.key() == MemcachedCommand.Key.DOCUMENT)
            && isText(in, p)
        ? p
        : null;
  }

  /** True if the visible bytes of a key may be one, the number of a collection aside. */
  private static boolean isText(StreamBuffer in, Packet p) {
    int from = p.keyAt() + (p.isOfCouchbase() ? 5 : 0);
    int end = Math.min(p.keyAt() + p.key, in.available());
    for (int i = from; i < end; i++) {
      if (in.u8(i) < 0x20 || in.u8(i) == 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** True if the framing extras are elements that end with them, or are not all visible. */
  private static boolean framesFit(StreamBuffer in, Packet p) {
    int at = HEADER;
    int end = HEADER + p.framing;
    while (at < end && at < in.available()) {
      int first = in.u8(at++);
      at += first >> 4 == 15 ? 1 : 0;
      int length = first & 15;
      if (length == 15) {
        length += at < in.available() ? in.u8(at) : 0;
        at++;
      }
      at += length;
    }
    return at == end || end > in.available();
  }

  private Step check(StreamBuffer in) {
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    return in.ready(Math.min(HEADER + (in.i32(8) & 0xffff_ffffL), READ)) ? Step.NEXT : Step.MORE;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int magic = in.u8(0);
    if (magic != REQUEST && !(couchbase && isFromClient(magic))) {
      return Step.WRONG;
    }
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    Packet p = Packet.read(in);
    if (p == null || !couchbase && p.isOfCouchbase()) {
      return Step.WRONG;
    }
    // Responses to messages of the server have no request here.
    if (p.isRequest()) {
      if (!framesFit(in, p)) {
        return Step.WRONG;
      }
      // Memcached responds in order; in Couchbase's clients several threads share a connection.
      sentAgain(couchbase ? requests.sentAgain() : requests.sentAgainAfterAll());
      if (p.opcode != MemcachedCommand.QUIT_QUIETLY
          && p.opcode != MemcachedCommand.BUFFER_ACKNOWLEDGEMENT) {
        open(in, p);
      }
    }
    in.take(p.size());
    return Step.NEXT;
  }

  /** True for messages of Couchbase's clients, including responses to messages sent by servers. */
  private static boolean isFromClient(int magic) {
    return magic == FRAMED_REQUEST
        || magic == ANSWER
        || magic == FRAMED_ANSWER
        || magic == SERVER_ANSWER;
  }

  private static boolean isFromServer(int magic) {
    return magic == FRAMED_ANSWER
        || magic == REQUEST
        || magic == FRAMED_REQUEST
        || magic == SERVER_REQUEST;
  }

  private void sentAgain(boolean reported) {
    quiet = reported && requests.isEmpty() ? 0 : quiet;
  }

  private void open(StreamBuffer in, Packet p) {
    MemcachedCommand command = MemcachedCommand.of(p.opcode);
    if (command.quiet() && quiet >= MOST_QUIET) {
      requests.shed();
      return;
    }
    inOrder |= requests.numbered(p.opaque) != null;
    Pending r = inOrder ? requests.open(in.startTime()) : requests.open(p.opaque, in.startTime());
    if (r == null) {
      return;
    }
    r.command = p.opcode;
    r.operation = command.name();
    r.requestBytes = p.size();
    quiet += command.quiet() ? 1 : 0;
    if (command.key() == MemcachedCommand.Key.DOCUMENT) {
      document(in, p, r);
    } else if (p.opcode == MemcachedCommand.SELECT_BUCKET) {
      r.target = in.text(p.keyAt(), p.keyAt() + Math.min(p.key, LONGEST_NAME));
    } else if (p.opcode == MemcachedCommand.COLLECTION_ID) {
      // Scope and collection; older servers have them in the key.
      int at = p.keyAt();
      r.statement = in.text(at, at + (int) Math.min(p.key + p.value(), LONGEST_NAME));
      r.target = bucket;
    }
  }

  private void document(StreamBuffer in, Packet p, Pending r) {
    int at = p.keyAt();
    int end = at + Math.min(p.key, LONGEST_KEY);
    String collection = "";
    if (couchbase && startsWithCollection(in, at)) {
      ThriftMessage.Varint v = new ThriftMessage.Varint(in, at);
      long id = v.next();
      if (v.at > 0 && v.at - at <= 5) {
        at = v.at;
        String name = collections.get(id);
        collection =
            name != null
                ? name
                : id == DEFAULT_COLLECTION ? "_default._default" : "0x" + Long.toHexString(id);
      }
    }
    r.target = couchbase ? collection.isEmpty() ? bucket : bucket + "/" + collection : "";
    r.statement = r.operation + (at < end ? " ?" : "");
  }

  private boolean startsWithCollection(StreamBuffer in, int at) {
    Boolean known = withCollections;
    return known != null ? known : at < in.available() && (in.u8(at) < 0x20 || in.u8(at) >= 0x80);
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int magic = in.u8(0);
    if (magic != ANSWER && !(couchbase && isFromServer(magic))) {
      return Step.WRONG;
    }
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    Packet p = Packet.read(in);
    if (p == null) {
      return Step.WRONG;
    }
    if (p.isAnswer()) {
      answer(in, p, now);
    }
    in.take(p.size());
    return Step.NEXT;
  }

  private void answer(StreamBuffer in, Packet p, long now) {
    boolean goesOn =
        p.opcode == MemcachedCommand.STAT && p.vbucket == 0 && p.key > 0
            || p.opcode == MemcachedCommand.CONTINUE_SCAN && p.vbucket == 0;
    Pending r = ofAnswer(p, now);
    boolean numbered = r != null;
    if (quiet > 0) {
      skipQuiet(p, numbered, now);
    }
    if (r == null && inOrder) {
      r = requests.oldest();
      if (r != null && r.command != p.opcode) {
        return; // of a request that was shed, or from before the capture
      }
    }
    if (goesOn) {
      if (r != null) {
        r.responseBytes += p.size();
      }
      return;
    }
    r = numbered ? requests.close(p.opaque) : inOrder ? requests.close() : null;
    if (r == null) {
      return;
    }
    quiet = Math.max(0, quiet - (MemcachedCommand.of(r.command).quiet() ? 1 : 0));
    r.responseBytes += p.size();
    r.status = isUsual(p.vbucket) ? Status.OK : Status.FAILED;
    r.code = p.vbucket == 0 ? "" : "0x%04x".formatted(p.vbucket);
    learn(in, p, r);
    requests.report(r, now);
  }

  /**
   * Returns the request with the number of a response; null if the requests are matched in order.
   */
  private @Nullable Pending ofAnswer(Packet p, long now) {
    Pending r = requests.numbered(p.opaque);
    if (r == null || r.command == p.opcode) {
      return r;
    }
    // The number was used again: the first one ended without a response.
    if (!MemcachedCommand.of(r.command).quiet()) {
      requests.abandon(p.opaque);
    } else if (requests.close(p.opaque) != null) {
      endQuiet(r, now);
    }
    return null;
  }

  private void endQuiet(Pending r, long now) {
    quiet--;
    r.status = Status.OK;
    requests.report(r, now);
  }

  /** Reports the quiet commands before the one of a response: they ended without one. */
  private void skipQuiet(Packet p, boolean numbered, long now) {
    while (quiet > 0) {
      Pending before = numbered ? requests.oldestBefore(p.opaque) : requests.oldest();
      if (before == null
          || !MemcachedCommand.of(before.command).quiet()
          || !numbered && before.command == p.opcode) {
        return;
      }
      if (numbered) {
        requests.closeOldestNumbered();
      } else {
        requests.close();
      }
      endQuiet(before, now);
    }
  }

  /**
   * True for the status of an operation that the server has done: missing and existing keys and
   * paths are usual, as in the text protocol.
   */
  private static boolean isUsual(int status) {
    return switch (status) {
      case 0x00, // success
          0x01, // no such key
          0x02, // key exists, or its version is another one
          0x05, // not stored
          0x21, // authentication continues
          0xa6, // scan: more
          0xa7, // scan: complete
          0xc0, // no such path
          0xc9, // path exists
          0xcc, // some paths failed
          0xcd, // of a deleted document
          0xd3 ->
          true;
      default -> false;
    };
  }

  /** Records features, bucket and collections from responses. */
  private void learn(StreamBuffer in, Packet p, Pending r) {
    if (p.vbucket != 0) {
      r.statement = r.command == MemcachedCommand.COLLECTION_ID ? "" : r.statement;
      return;
    }
    int value = p.keyAt() + p.key;
    switch (r.command) {
      case MemcachedCommand.HELLO -> {
        boolean found = false;
        for (int i = value; i + 2 <= Math.min(HEADER + p.body, in.available()); i += 2) {
          found |= in.u16(i) == COLLECTIONS;
        }
        withCollections = found;
      }
      case MemcachedCommand.SELECT_BUCKET -> bucket = r.target;
      case MemcachedCommand.COLLECTION_ID -> {
        int extras = HEADER + p.framing;
        if (p.extras >= EXTRAS_OF_COLLECTION && in.available() >= extras + EXTRAS_OF_COLLECTION) {
          collections.put(in.i32(extras + 8) & 0xffff_ffffL, r.statement);
        }
        r.statement = "";
      }
      default -> {
        // Others carry no information about the connection.
      }
    }
  }

  @Override
  public boolean hasSeveralAnswers() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    sentAgain(requests.quietSince(now));
  }

  @Override
  public int retained() {
    return collections.bytes();
  }

  @Override
  public void forget() {
    collections.clear();
  }
}
