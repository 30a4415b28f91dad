/** Databases as destinations and as stores, from one end to the other. */
@NullMarked
package dev.tethys.app.database;

import org.jspecify.annotations.NullMarked;
