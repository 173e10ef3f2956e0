"""A network between two agents that loses, doubles and reorders, and the account of what must have arrived."""

from a2a1.errors import Refused


class Way:
    """Mail of one direction: every deposit is proved by its lane, every delivery is checked against what was sent."""

    def __init__(self, sender, recipient, lane, chance):
        self.sender, self.recipient, self.lane, self.chance = sender, recipient, lane, chance
        self.under_way, self.texts, self.arrived, self.lost = [], {}, {}, []
        self.delivered, self.doubled, self.overtaken, self.sessions = [], 0, 0, set()

    def send(self, number):
        text = f"{number}: " + "ж" * self.chance.choice([0, 5, 200, 1000, 3000])
        sealed = self.sender.ask("seal", kind="message", text=text)
        self.deposit(sealed["envelope"])
        self.texts[number] = text
        self.sessions.add(sealed["session"])
        if self.chance.random() < 0.07:
            self.lost.append((number, text))
        else:
            self.under_way.append((number, sealed["envelope"]))

    def deposit(self, envelope):
        header = self.sender.ask("prove", lane=self.lane, envelope=envelope)["header"]
        self.recipient.ask("check", header=header, envelope=envelope)

    def deliver(self):
        """One of the first six under way; now and then it comes a second time."""
        at = self.chance.randrange(min(6, len(self.under_way)))
        number, envelope = self.under_way.pop(at)
        self.overtaken += at > 0
        said = self.recipient.ask("open", envelope=envelope)
        assert said["text"] == self.texts[number], f"message {number} says something else"
        assert number not in self.arrived, f"message {number} twice"
        self.arrived[number] = said
        self.delivered.append(said)
        if self.chance.random() < 0.1:
            self.refuses(envelope, "used")
            self.doubled += 1

    def refuses(self, envelope, outcome):
        try:
            self.recipient.ask("open", envelope=envelope)
        except Refused as refusal:
            assert refusal.outcome == outcome, f"{refusal.outcome}, not {outcome}"
        else:
            raise AssertionError(f"accepted, not {outcome}")

    def receipts(self):
        """The recipient's receipts for what has arrived since the last ones."""
        of = [{name: said[name] for name in ("message_id", "digest")} for said in self.delivered]
        self.delivered = []
        return of

    def again(self):
        """What was lost is sent once more, as after a request to resend."""
        for number, text in self.lost:
            sealed = self.sender.ask("seal", kind="message", text=text)
            self.deposit(sealed["envelope"])
            said = self.recipient.ask("open", envelope=sealed["envelope"])
            assert said["text"] == text
            self.arrived[number] = said

    def complete(self, count):
        """Every number arrived once, and neighbours in the sender's chain name each other's digest."""
        assert sorted(self.arrived) == list(range(count)), "not every message arrived"
        by_place = {said["number"]: said for said in self.arrived.values()}
        followed = [said for place, said in by_place.items() if place - 1 in by_place]
        assert followed and all(said["previous"] == by_place[said["number"] - 1]["digest"] for said in followed)
