/** Counts and names as people read them. */

/** One face or several, in words. */
export const countOf = (count) => (count === 1 ? "1 face" : `${count || "No"} faces`);

/** A name of the code, such as that of a keypoint, as people read it: "nose_tip" is "nose tip". */
export const inWords = (name) => name.replaceAll("_", " ");
