/** TCP connections and listening sockets by source, destination and actual destination. */
@NullMarked
package dev.tethys.collect.observe.connection;

import org.jspecify.annotations.NullMarked;
