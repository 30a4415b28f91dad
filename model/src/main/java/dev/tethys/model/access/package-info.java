/** Access rights for reading and writing stores. */
@NullMarked
package dev.tethys.model.access;

import org.jspecify.annotations.NullMarked;
