/** Protocols of databases, message brokers, directories and RPC. */
@NullMarked
package dev.tethys.collect.observe.protocol.backend;

import org.jspecify.annotations.NullMarked;
