/**
 * Database of the shop: a server and a client of PostgreSQL's protocol 3.0 for a few statements.
 */
@NullMarked
package dev.tethys.demo.database;

import org.jspecify.annotations.NullMarked;
