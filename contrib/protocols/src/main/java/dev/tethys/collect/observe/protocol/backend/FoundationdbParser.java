package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * FoundationDB: requests by the file identifier of their message. The response has the token of the
 * request; if that part was not captured, it is matched with the oldest request.
 */
final class FoundationdbParser extends ProtocolParser {
  private static final int CONNECT_MAGIC = 0x1fdb;
  private static final int PLAIN = 12; // length and checksum before the token
  private static final int TLS = 4; // no checksum
  private static final int LARGEST = 64 << 20;
  private static final int READ = 512;
  private static final int OPEN = 64;
  private static final Map<Integer, String> REQUESTS =
      Map.ofEntries(
          Map.entry(93948, "CommitTransaction"),
          Map.entry(838566, "GetReadVersion"),
          Map.entry(214728, "OpenDatabaseCoord"),
          Map.entry(2828131, "GlobalConfigRefresh"),
          Map.entry(9144680, "GetKeyServerLocations"),
          Map.entry(8454530, "GetValue"),
          Map.entry(6795746, "GetKeyValues"),
          Map.entry(6795747, "GetMappedKeyValues"),
          Map.entry(10457870, "GetKey"),
          Map.entry(14747733, "WatchValue"),
          Map.entry(4022206, "TLogCommit"),
          Map.entry(11001131, "TLogPeek"),
          Map.entry(10072821, "TLogPeekStream"),
          Map.entry(13290999, "GetStorageMetrics"),
          Map.entry(9467439, "GetServerDBInfo"),
          Map.entry(9467438, "UpdateServerDBInfo"),
          Map.entry(14332605, "RegisterWorker"),
          Map.entry(1254174, "GetWorkers"),
          Map.entry(14419140, "Status"),
          Map.entry(4707015, "Ping"),
          Map.entry(4150141, "BlobGranuleFile"),
          Map.entry(2508597, "GetBlobGranuleLocations"),
          Map.entry(923040, "ConfigTransactionGet"),
          Map.entry(103841, "ConfigTransactionCommit"));

  /** Messages inside an ErrorOr, which has identifier 2 in the upper byte. */
  private static final Set<Integer> REPLIES =
      Set.of(
          1378929, 1783066, 1783067, 11226513, 15709388, 3, 11, 11365689, 10072848, 1389929,
          15491478, 10390645, 15877089, 3568822, 9467439, 9980504, 9956350, 16475696, 6858612,
          2923309, 12680327, 10636023, 2034110, 2934851, 234859, 4014928, 11544290, 11530792,
          7784298, 14254927, 3985192, 5355080, 13838807, 16684234, 2010442);

  private final Tokens tokens = new Tokens();

  FoundationdbParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.available() >= 12 && isConnect(in) || header(in, false) > 0;
  }

  private static boolean isConnect(StreamBuffer in) {
    return (in.u8(10) | in.u8(11) << 8) == CONNECT_MAGIC && in.i32le(0) >= 8 && in.i32le(0) < 512;
  }

  /** Returns the size of the header before the token; 0 for an unknown message. */
  private static int header(StreamBuffer in, boolean reply) {
    for (int before : new int[] {PLAIN, TLS}) {
      if (in.available() >= before + 24) {
        int id = in.i32le(before + 20);
        boolean known =
            reply ? id >>> 24 == 2 && REPLIES.contains(id & 0xff_ffff) : REQUESTS.containsKey(id);
        if (known && in.i32le(0) >= 24 && in.i32le(0) <= LARGEST) {
          return before;
        }
      }
    }
    return 0;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    if (isConnect(in)) {
      in.take(4L + in.i32le(0));
      return Step.NEXT;
    }
    int header = header(in, false);
    long size = size(in, header);
    if (!in.ready(Math.min(size, READ))) {
      return Step.MORE;
    }
    if (header > 0) {
      Pending p = tokens.open(in, requests, header, (int) Math.min(size, READ));
      p.operation = REQUESTS.getOrDefault(in.i32le(header + 20), "");
      p.requestBytes = size;
    }
    in.take(size);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    if (isConnect(in)) {
      in.take(4L + in.i32le(0));
      return Step.NEXT;
    }
    int header = header(in, true);
    long size = size(in, header);
    if (header > 0) {
      Pending p = tokens.close(in, requests, header);
      if (p != null) {
        p.status = Status.OK;
        p.responseBytes = size;
        requests.report(p, now);
      }
    }
    in.take(size);
    return Step.NEXT;
  }

  /** Returns the size of a message; an unknown kind has the header of a connection without TLS. */
  private static long size(StreamBuffer in, int header) {
    return (header == TLS ? TLS : PLAIN) + (long) in.i32le(0);
  }

  private static Step check(StreamBuffer in) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < PLAIN + 24 && !(in.available() >= 12 && isConnect(in))) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = in.i32le(0);
    return length < 8 || length > LARGEST ? Step.WRONG : Step.NEXT;
  }

  @Override
  public int retained() {
    return tokens.bytes;
  }

  @Override
  public void forget() {
    tokens.open.clear();
    tokens.bytes = 0;
  }

  /** Bytes of open requests, searched for the token of a response. */
  private static final class Tokens {
    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private long next;
    private int bytes;

    private record Open(long id, byte[] body) {}

    Pending open(StreamBuffer in, Requests requests, int header, int end) {
      if (open.size() >= OPEN) {
        Open first = open.remove();
        bytes -= first.body.length;
        requests.close(first.id);
      }
      long id = next++;
      byte[] body = in.copy(header + 24, end);
      bytes += body.length;
      open.add(new Open(id, body));
      return requests.open(id, in.startTime());
    }

    @Nullable Pending close(StreamBuffer in, Requests requests, int header) {
      byte[] token = in.copy(header, header + 16);
      for (Iterator<Open> it = open.iterator(); it.hasNext(); ) {
        Open o = it.next();
        if (contains(o.body, token)) {
          it.remove();
          bytes -= o.body.length;
          return requests.close(o.id);
        }
      }
      Open oldest = open.poll();
      if (oldest == null) {
        return null;
      }
      bytes -= oldest.body.length;
      return requests.close(oldest.id);
    }

    private static boolean contains(byte[] body, byte[] token) {
      for (int i = 0; i + token.length <= body.length; i++) {
        if (body[i] == token[0]
            && Arrays.equals(body, i, i + token.length, token, 0, token.length)) {
          return true;
        }
      }
      return false;
    }
  }
}
