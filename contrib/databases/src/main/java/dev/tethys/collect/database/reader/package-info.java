/**
 * Readers of databases at intervals, each over at most one connection: the contract, texts of
 * statements and the choice of statements that have own series.
 */
@NullMarked
package dev.tethys.collect.database.reader;

import org.jspecify.annotations.NullMarked;
