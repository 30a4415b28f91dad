package dev.tethys.collect.database.redis;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Command executor: a single server, or the servers of a cluster. */
interface RedisCommands {
  /** Sends a command and returns the response, which may be an error. */
  RedisReply send(String... command) throws IOException;

  /** Responses to several commands, in their order. */
  default List<RedisReply> sendAll(List<String[]> commands) throws IOException {
    List<RedisReply> out = new ArrayList<>(commands.size());
    for (String[] c : commands) {
      out.add(send(c));
    }
    return out;
  }

  /**
   * Sends a command and returns its response.
   *
   * @throws RedisException if it is an error
   */
  default RedisReply command(String... command) throws IOException {
    RedisReply r = send(command);
    if (r instanceof RedisReply.Failure f) {
      throw new RedisException(f.message());
    }
    return r;
  }
}
