'use strict';
// Each call has a session of its own.
class Session {
  constructor(user) {
    this.user = user;
    this.history = [user];
  }
}

exports.handler = async (event, context) => {
  const session = new Session(event.user ?? context.awsRequestId);
  return { user: session.user, calls: session.history.length };
};
