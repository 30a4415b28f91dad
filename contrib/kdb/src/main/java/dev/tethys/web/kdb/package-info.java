/** Client of kdb+. */
@NullMarked
package dev.tethys.web.kdb;

import org.jspecify.annotations.NullMarked;
