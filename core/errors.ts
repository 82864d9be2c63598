/** An error that stoQ explains: its message is one line that names the thing, the value and the remedy. */
export class StoqError extends Error {
  override readonly name: string = "StoqError";
}

/** A plugin that cannot be found, loaded or used. */
export class StoqPluginError extends StoqError {
  override readonly name: string = "StoqPluginError";
}

/** A configuration that cannot be used. */
export class StoqConfigError extends StoqError {
  override readonly name: string = "StoqConfigError";
}

/** A plugin that cannot be installed: its source cannot be read, or what is in it is not safe. */
export class StoqInstallError extends StoqError {
  override readonly name: string = "StoqInstallError";
}
