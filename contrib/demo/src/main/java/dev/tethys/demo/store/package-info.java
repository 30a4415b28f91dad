/**
 * Key-value store and queue of the shop: a server and a client of Redis's protocol for a few
 * commands.
 */
@NullMarked
package dev.tethys.demo.store;

import org.jspecify.annotations.NullMarked;
